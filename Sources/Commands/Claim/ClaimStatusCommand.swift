package import ArgumentParser
package import Diagnostics
package import Store

/// `assay claim status`
package struct ClaimStatusCommand: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what the journal knows of each row of files of stored tokens.",
        discussion: """
            Nothing is sent. Of each row it says whether it was claimed, refused (failed, and why), may have been claimed \
            (unknown), or was not sent yet (ready). Without an API key all teams of the service that the journal knows are \
            looked at.

            Only rows that are not claimed are printed; --verbose prints all, --json one object for each. Exit status 0: \
            all rows are claimed.

            EXAMPLES
              assay claim status attestation_tokens.csv --service nrfcloud
              assay claim status tokens.csv --service https://127.0.0.1:8443 --json
            """)

    @OptionGroup var claims: ClaimOptions

    @Option(
        help: .init(
            "The address of the service, or nrfcloud for the public one; without it $ASSAY_SERVICE.",
            valueName: "url"))
    var service: String?

    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}

    package func address() throws(ToolError) -> String {
        try ServiceOptions.address(service)
    }

    /// Opens the store that holds the journal.
    package func store(_ console: Console) throws(ToolError) -> SQLiteStore {
        try claims.keys.store.open(.readOnly, console)
    }

    /// The rows, judged.
    package func intake(_ environment: Environment, _ console: Console) throws -> ClaimIntake {
        try ClaimIntake(claims, tags: nil, jobs: environment.defaultJobs, output, console)
    }
}
