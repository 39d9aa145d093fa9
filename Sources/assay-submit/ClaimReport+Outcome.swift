import Claims
import Commands
import Diagnostics
import Submission

extension ClaimReport {
    /// What became of the row at the service.
    mutating func take(_ outcome: ClaimOutcome) {
        switch outcome {
        case .claimed: become(.claimed, "claimed")
        case .existing: become(.existing, "claimed already, not sent again")
        case .refused(let reason):
            become(
                .failed, reason, failure: .serviceRefused,
                hint: "mend what the service says, then send the row again with --retry-failed")
        case .notSent(let reason):
            become(
                .failed, "not sent: \(reason)", failure: .serviceUnreachable, hint: "run the command again")
        case .unknown(let reason):
            become(
                .unknown, "may have been claimed: \(reason)", failure: .serviceUnreachable,
                hint: "run the command again: it asks the service before it sends the row again")
        }
    }
}
