package import ArgumentParser

/// `assay fleet skip`
package struct FleetSkip: FleetChangeVerb {
    package static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Skip a command that failed or waits, so that those after it go on.",
        discussion: """
            Without --command the command that failed is skipped.

            EXAMPLES
              assay fleet skip 50363154-3931-44f0-8022-121b6401627d --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("Devices.", valueName: "uuid"))
    package var devices: [String]

    @Option(help: .init("This command, of one device; without it the one that failed.", valueName: "id"))
    package var command: String?

    package func validate() throws {
        guard command == nil || devices.count == 1 else {
            throw ValidationError("expected one device with --command, found \\(devices.count)")
        }
    }

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}

    package var change: FleetChange { .skip(command: command) }
}
