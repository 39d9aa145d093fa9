package import ArgumentParser

/// `assay fleet tag`
package struct FleetTag: FleetChangeVerb {
    package static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Give devices tags (provisioning groups) in place of those that they have.",
        discussion: """
            Rules for a tag apply to its devices when they connect the next time.

            EXAMPLES
              assay fleet tag 50363154-3931-44f0-8022-121b6401627d --tag north --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("Devices.", valueName: "uuid"))
    package var devices: [String]

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("A tag; may be repeated. Without one all tags are taken away.", valueName: "tag"))
    package var tag: [String] = []

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}

    package var change: FleetChange { .tag(tag) }
}
