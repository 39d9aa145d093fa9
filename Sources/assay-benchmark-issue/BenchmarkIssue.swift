import Commands
import Diagnostics
import InputOutput

/// `ca issue` with a ledger that is gone when the process ends: what is left is proof of possession, drafting, checking
/// and signing. Not installed: certificates that nobody has on record are for measuring only.
@main
struct BenchmarkIssue {
    static func main() {
        do {
            let status = try IssuingElsewhere.run(
                Array(CommandLine.arguments.dropFirst()), into: MemoryLedger(), lookup: { EmptyRegister() })
            System.exit(status.rawValue)
        } catch {
            try? StandardStream.error().write(Array("assay-benchmark-issue: \(error)\n".utf8))
            System.exit(ExitStatus.fault.rawValue)
        }
    }
}
