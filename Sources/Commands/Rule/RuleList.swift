package import ArgumentParser

/// `assay rule list`
package struct RuleList: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the provisioning rules of a team at a service.",
        discussion: """
            EXAMPLES
              assay rule list --service nrfcloud --api-key-file key.txt
            """)

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}
}
