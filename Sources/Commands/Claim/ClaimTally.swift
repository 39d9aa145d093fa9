import Batches
import Claims
import Diagnostics

/// How a run over claim rows went: every row is in exactly one count.
struct ClaimTally: Equatable {
    private(set) var ready = 0
    private(set) var duplicate = 0
    private(set) var malformed = 0
    private(set) var rejected = 0
    /// Sources that could not be read.
    private(set) var unreadable = 0
    private(set) var reasons = ReasonCounts()
    /// Ready rows whose signature was checked.
    private(set) var verified = 0

    var rows: Int { ready + duplicate + malformed + rejected }
    var bad: Int { duplicate + malformed + rejected + unreadable }

    mutating func count(_ status: ClaimStatus, verified: Bool = false, reason: ErrorCode? = nil) {
        reasons.count(reason?.rawValue)
        switch status {
        case .ready: ready += 1
        case .duplicate: duplicate += 1
        case .malformed: malformed += 1
        case .rejected, .claimed, .existing, .failed, .unknown: rejected += 1
        }
        if verified, status == .ready { self.verified += 1 }
    }

    mutating func countUnreadable(_ reason: ErrorCode? = nil) {
        unreadable += 1
        reasons.count(reason?.rawValue)
    }

    /// A duplicate is an answer of no.
    private var tally: Tally {
        Tally(good: ready, rejected: rejected + duplicate, malformed: malformed, unreadable: unreadable)
    }

    /// Whether no input could be read at all.
    var hasReadNothing: Bool { tally.hasReadNothing }

    var exitStatus: ExitStatus { tally.exitStatus }

    /// A run without rows must not look like one in which all were ready.
    func demandInputs(_ noun: Noun) throws(ToolError) {
        try tally.demandInputs(noun)
    }

    /// - Parameter hasKeys: whether there were keys to verify tokens with; nil where there are no tokens.
    ///
    /// `assay: 10 rows: 6 ready, 2 duplicate, 1 malformed, 1 rejected`: the parts add up to the whole.
    func summary(readyName: String, hasKeys: Bool?) -> String {
        var text =
            "assay: \(Tally.count(rows, "row")): \(ready) \(readyName), \(duplicate) duplicate, "
            + "\(malformed) malformed, \(rejected) rejected"
        if unreadable > 0 { text += "; \(unreadable) unreadable \(unreadable == 1 ? "file" : "files")" }
        if let hasKeys {
            text += hasKeys ? "; \(verified) of the \(readyName) verified" : "; none verified: no keys"
        }
        return text
    }
}
