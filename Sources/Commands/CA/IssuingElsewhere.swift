import ArgumentParser
package import Diagnostics
package import Store

/// `ca issue` into a ledger of the caller's, for benchmarks that ask what the ledger on disk costs. The program itself
/// has no ledger but that of its store.
package enum IssuingElsewhere {
    /// Runs `ca issue` with the arguments that follow its name.
    ///
    /// - Parameter lookup: what is on record of earlier runs.
    package static func run(
        _ arguments: [String], into ledger: any IssuanceLedger,
        lookup: @escaping @Sendable () throws(ToolError) -> any CertificateRegister
    ) throws -> ExitStatus {
        try CAIssue.parse(arguments).run(in: Environment(), lookup: lookup) { _ in ledger }
    }
}
