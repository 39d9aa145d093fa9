package import ArgumentParser

/// `assay account show`
package struct AccountShow: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Ask a service for the team and the role of an API key.",
        discussion: """
            The first thing to look at when a service answers 401 or 403: keys belong to one user in one team, and those of \
            the new application are not those of the Provisioning Service.

            EXAMPLES
              assay account show --service nrfcloud --api-key-file key.txt
              assay account show --service https://127.0.0.1:8443 --root-ca data/tls.crt --api-key-env KEY --json
            """)

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}
}
