package import ArgumentParser

/// `assay fleet unblock`
package struct FleetUnblock: FleetChangeVerb {
    package static let configuration = CommandConfiguration(
        commandName: "unblock",
        abstract: "Hand out commands to blocked devices again.",
        discussion: """
            Commands that wait go out when the device connects the next time.

            EXAMPLES
              assay fleet unblock 50363154-3931-44f0-8022-121b6401627d --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("Devices.", valueName: "uuid"))
    package var devices: [String]

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}

    package var change: FleetChange { .unblock }
}
