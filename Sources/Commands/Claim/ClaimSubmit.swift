package import ArgumentParser
import Claims
package import Diagnostics
import InputOutput
package import Store

/// `assay claim submit`
package struct ClaimSubmit: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Claim the devices of files of stored tokens at a service, each once.",
        discussion: """
            Rows are judged as by claim check; those that are not ready are reported and not sent. The others go to the \
            service in requests of at most 1,000. The store keeps a journal for each service and team: what is about to be \
            sent is on disk before it is sent, and what was answered before it is reported. So the command can be stopped, \
            killed, and given again: it goes on where it was, and sends nothing twice. Where no answer came, the service is \
            asked whether it has the device before the row is sent again. Several processes may work on one store.

            When the service is not there or asks to wait (429, Retry-After), the command waits and tries again. A row that \
            the service refused is failed, and not sent again unless --retry-failed says so. --tags counts for all rows; \
            without it a row's own tags column does.

            Only rows that were not claimed are printed; --verbose prints all, --json one object for each. The last line \
            adds up all rows. Exit status 0: every row is claimed. 3: some are not. 6: the service refused or was not \
            there. HTTPS_PROXY and NO_PROXY are honoured.

            EXAMPLES
              assay claim submit attestation_tokens.csv --service nrfcloud --api-key-file key.txt --tags factory-7
              assay claim submit tokens.csv --service https://127.0.0.1:8443 --root-ca data/tls.crt --api-key-env KEY \
            --rate 5/s
              assay claim submit tokens.csv --service nrfcloud --dry-run
            """)

    @OptionGroup var claims: ClaimOptions

    @Option(help: .init("Provisioning tags of all rows, separated by commas.", valueName: "tags"))
    var tags: String?

    @Flag(help: "Send rows again that the service refused in an earlier run.")
    package var retryFailed = false

    @Flag(help: "Say what would be sent, and send nothing.")
    package var dryRun = false

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Service options") package var pace: PaceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    @Option(help: .init("Judge rows with this many threads, all cores by default.", valueName: "n"))
    var jobs: Int?

    package init() {}

    package func validate() throws {
        if let jobs, !(1...64 ~= jobs) { throw ValidationError("--jobs must be 1…64, found \(jobs)") }
        try claims.demandOtherInput(than: service)
    }

    /// Opens the store that holds the journal.
    package func store(_ console: Console) throws(ToolError) -> SQLiteStore {
        try claims.keys.store.open(.create, console)
    }

    /// Whether there is a store, which a run that sends nothing does not make.
    package var storeIsThere: Bool { claims.keys.store.isThere }

    /// Opens the store for a run that sends nothing.
    package func storeForReading(_ console: Console) throws(ToolError) -> SQLiteStore {
        try claims.keys.store.open(.readOnly, console)
    }

    /// The rows, judged.
    package func intake(_ environment: Environment, _ console: Console) throws -> ClaimIntake {
        try ClaimIntake(
            claims, tags: ClaimPack.parsedTags(tags, console), jobs: jobs ?? environment.defaultJobs, output,
            console)
    }
}

extension ClaimOptions {
    /// Checks that standard input is read once: for the key or for rows.
    func demandOtherInput(than service: ServiceOptions) throws {
        let readsRows = files.contains("-") || list.filesFrom == "-" || files.isEmpty && list.filesFrom == nil
        try service.demandOneReader("rows", readsRows ? ["-"] : [])
    }
}
