package import ArgumentParser

/// Which command of which devices, at which service.
package struct FleetCommandOptions: ParsableArguments {
    @Argument(help: .init("Devices.", valueName: "uuid"))
    package var devices: [String]

    @Option(help: .init("This command, of one device; without it the one that failed.", valueName: "id"))
    package var command: String?

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}

    package func validate() throws {
        guard command == nil || devices.count == 1 else {
            throw ValidationError("expected one device with --command, found \(devices.count)")
        }
    }
}

/// A verb that is about a command that failed or waits.
package protocol FleetCommandVerb: FleetChangeVerb {
    var target: FleetCommandOptions { get }
}

extension FleetCommandVerb {
    package var devices: [String] { target.devices }
    package var service: ServiceOptions { target.service }
    package var output: OutputOptions { target.output }
}
