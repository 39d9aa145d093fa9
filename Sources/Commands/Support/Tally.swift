import Diagnostics
import InputOutput

/// How a run over many inputs went, and the exit status that follows.
struct Tally: Sendable, Equatable {
    var good = 0
    var rejected = 0
    var malformed = 0
    /// Inputs that could not be read at all: missing files.
    var unreadable = 0
    /// Results that were good and could not be written to their files.
    var unwritten = 0

    var total: Int { good + rejected + malformed + unreadable + unwritten }
    var bad: Int { total - good }

    /// Whether no input could be read at all.
    var hasReadNothing: Bool { total == unreadable }

    static func += (left: inout Tally, right: Tally) {
        left.good += right.good
        left.rejected += right.rejected
        left.malformed += right.malformed
        left.unreadable += right.unreadable
        left.unwritten += right.unwritten
    }

    /// A run that checked nothing must not look like one in which all was well.
    func demandInputs(_ code: ErrorCode, _ what: String) throws(ToolError) {
        guard total == 0, !Interruption.requested else { return }
        throw ToolError(code, "expected \(what), found none in the input")
    }

    /// 0 when all were good; the one reason when all failed alike; else 3.
    var exitStatus: ExitStatus {
        switch (good, rejected, malformed, unreadable + unwritten) {
        case (_, 0, 0, 0): .done
        case (0, _, 0, 0): .rejected
        case (0, 0, _, 0): .malformed
        case (0, 0, 0, _): .localTrouble
        default: .partial
        }
    }

    /// `3 tokens: 1 verified, 2 rejected`.
    ///
    /// - Parameter existing: how many of the good ones were there before.
    func summary(unit: String, good goodName: String, existing: Int = 0) -> String {
        var parts = ["\(good - existing) \(goodName)"]
        if existing > 0 { parts.append("\(existing) existing") }
        if rejected > 0 { parts.append("\(rejected) rejected") }
        if malformed > 0 { parts.append("\(malformed) malformed") }
        if unreadable > 0 { parts.append("\(unreadable) unreadable") }
        if unwritten > 0 { parts.append("\(unwritten) not written") }
        return "assay: \(Self.count(total, unit)): " + parts.joined(separator: ", ")
    }

    /// `3 tokens`, and of a run that a signal cut short `interrupted after 3 tokens`.
    static func count(_ total: Int, _ unit: String) -> String {
        (Interruption.requested ? "interrupted after " : "") + "\(total) \(total == 1 ? unit : unit + "s")"
    }
}
