package import ArgumentParser

/// `assay fleet show`
package struct FleetShow: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show claimed devices with their commands.",
        discussion: """
            EXAMPLES
              assay fleet show 50363154-3931-44f0-8022-121b6401627d --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("Devices.", valueName: "uuid"))
    package var devices: [String]

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}
}
