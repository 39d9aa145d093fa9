import Claims
import Commands
import DeviceIdentity
import Diagnostics
import InputOutput
import Journal
import Store
import Submission

/// `assay claim submit --dry-run`: what would be sent, by the file and the journal alone.
enum ClaimRehearsal {
    static func run(_ verb: ClaimSubmit, _ environment: Environment) throws -> ExitStatus {
        let console = verb.output.console
        let address = try ServiceAddress(verb.service.address())
        let journals = try JournalReader(
            verb.storeIsThere ? verb.storeForReading(console) : nil, kind: .claim, at: address)
        let intake = try verb.intake(environment, console)
        try intake.read { row throws(ToolError) in
            var report = row.report
            if row.isReady, let device = row.device {
                switch try journals.entry(device.bytes)?.state {
                case .accepted: report.become(.existing, "claimed already, would not be sent")
                case .failed where !verb.retryFailed:
                    report.take(.refused(try journals.entry(device.bytes)?.note ?? ""))
                case .intended, .unknown:
                    report.become(.ready, "may have been claimed: the service would be asked first")
                default: report.become(.ready, "would be sent")
                }
            }
            try intake.write(report)
            return true
        }
        try intake.conclude()
        console.note("assay: note: nothing was sent (--dry-run)")
        return intake.tally.rehearsalStatus
    }
}
