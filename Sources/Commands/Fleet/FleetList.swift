package import ArgumentParser

/// `assay fleet list`
package struct FleetList: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the devices that the team has claimed.",
        discussion: """
            EXAMPLES
              assay fleet list --service nrfcloud --api-key-file key.txt
              assay fleet list --tag factory-7 --status ERROR --json --api-key-env KEY
            """)

    @Option(help: .init("Devices with this tag alone.", valueName: "tag"))
    package var tag: String?

    @Option(
        help: .init(
            "Devices in this state alone: READY, PROVISIONING, AWAITING, PROVISIONED, ERROR or BLOCKED.",
            valueName: "state"))
    package var status: String?

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}
}
