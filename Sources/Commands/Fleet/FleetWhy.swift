package import ArgumentParser

/// `assay fleet why`
package struct FleetWhy: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why devices are not provisioned, and the next step.",
        discussion: """
            Without a device, all of the team that are not PROVISIONED are looked at. A service that does not say why is \
            judged by the state of the device and of its commands.

            Exit status 0: all are provisioned; 3: some are not; 1: none is.

            EXAMPLES
              assay fleet why --service https://127.0.0.1:8443 --root-ca data/tls.crt --api-key-env KEY
              assay fleet why 50363154-3931-44f0-8022-121b6401627d --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("Devices.", valueName: "uuid"))
    package var devices: [String] = []

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}
}
