package import ArgumentParser

/// `assay fleet block`
package struct FleetBlock: FleetChangeVerb {
    package static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "Hand out nothing new to devices.",
        discussion: """
            Claim and commands stay. What a device has fetched already it still runs, and its answers are taken.

            EXAMPLES
              assay fleet block 50363154-3931-44f0-8022-121b6401627d --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("Devices.", valueName: "uuid"))
    package var devices: [String]

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}

    package var change: FleetChange { .block }
}
