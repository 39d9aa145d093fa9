package import ArgumentParser

/// `assay fleet retry`
package struct FleetRetry: FleetCommandVerb {
    package static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Let devices run a command again that failed.",
        discussion: """
            Without --command the command that failed is run again. A key generation makes a new key.

            EXAMPLES
              assay fleet retry 50363154-3931-44f0-8022-121b6401627d --service nrfcloud --api-key-file key.txt
            """)

    @OptionGroup package var target: FleetCommandOptions

    package init() {}

    package var change: FleetChange { .retry(command: target.command) }
}
