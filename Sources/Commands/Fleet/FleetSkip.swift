package import ArgumentParser

/// `assay fleet skip`
package struct FleetSkip: FleetCommandVerb {
    package static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Skip a command that failed or waits, so that those after it go on.",
        discussion: """
            Without --command the command that failed is skipped.

            EXAMPLES
              assay fleet skip 50363154-3931-44f0-8022-121b6401627d --service nrfcloud --api-key-file key.txt
            """)

    @OptionGroup package var target: FleetCommandOptions

    package init() {}

    package var change: FleetChange { .skip(command: target.command) }
}
