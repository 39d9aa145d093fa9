import Claims
import Commands
import DeviceIdentity
import Diagnostics
import Journal
import Submission

/// `assay claim status`
enum ClaimStatusRun {
    static func run(_ verb: ClaimStatusCommand, _ environment: Environment) throws -> ExitStatus {
        let console = verb.output.console
        let address = try ServiceAddress(verb.address())
        let journals = try JournalReader(try verb.store(console), kind: .claim, at: address)
        let intake = try verb.intake(environment, console)
        try intake.read { row throws(ToolError) in
            var report = row.report
            if row.isReady, let device = row.device {
                let entry = try journals.entry(device.bytes)
                switch entry?.state {
                case .accepted: report.become(.claimed, "claimed")
                case .failed: report.take(.refused(entry?.note ?? ""))
                case .intended, .unknown:
                    report.take(.unknown("its answer is not in the journal"))
                case .waiting, nil: report.become(.ready, "not sent yet")
                }
            }
            try intake.write(report)
            return true
        }
        try intake.conclude()
        return intake.tally.exitStatus
    }
}
