public import Diagnostics
import InputOutput

/// How a run over many inputs went, and the exit status that follows.
public struct Tally: Sendable, Equatable {
    public var good = 0
    public private(set) var rejected = 0
    public private(set) var malformed = 0
    /// Inputs that could not be read at all: missing files.
    public private(set) var unreadable = 0
    /// Results that were good and could not be written to their files.
    public private(set) var unwritten = 0
    public private(set) var reasons = ReasonCounts()

    public init() {}

    public init(good: Int, rejected: Int, malformed: Int, unreadable: Int) {
        self.good = good
        self.rejected = rejected
        self.malformed = malformed
        self.unreadable = unreadable
    }

    public var total: Int { good + rejected + malformed + unreadable + unwritten }
    public var bad: Int { total - good }

    /// Whether no input could be read at all.
    public var hasReadNothing: Bool { total == unreadable }

    public mutating func count(_ outcome: Outcome, _ reason: String? = nil) {
        switch outcome {
        case .good: good += 1
        case .rejected: rejected += 1
        case .malformed: malformed += 1
        case .unreadable: unreadable += 1
        case .continuation: return
        }
        if outcome != .good { reasons.count(reason) }
    }

    public mutating func countUnwritten(_ reason: String?) {
        unwritten += 1
        reasons.count(reason)
    }

    public static func += (left: inout Tally, right: Tally) {
        left.good += right.good
        left.rejected += right.rejected
        left.malformed += right.malformed
        left.unreadable += right.unreadable
        left.unwritten += right.unwritten
        left.reasons += right.reasons
    }

    /// A run that checked nothing must not look like one in which all was well.
    public func demandInputs(_ noun: Noun) throws(ToolError) {
        guard total == 0, !Interruption.requested else { return }
        throw ToolError(noun.code, "expected \(noun.expected), found none in the input")
    }

    /// 0 when all were good; the one reason when all failed alike; else 3.
    public var exitStatus: ExitStatus {
        switch (good, rejected, malformed, unreadable + unwritten) {
        case (_, 0, 0, 0): .done
        case (0, _, 0, 0): .rejected
        case (0, 0, _, 0): .malformed
        case (0, 0, 0, _): .localTrouble
        default: .partial
        }
    }

    /// `assay: 3 tokens: 1 verified, 2 rejected; reasons: 1 digest, 1 signature`.
    ///
    /// - Parameter existing: how many of the good ones were there before.
    public func summary(unit: String, good goodName: String, existing: Int = 0) -> String {
        var parts = ["\(good - existing) \(goodName)"]
        if existing > 0 { parts.append("\(existing) existing") }
        if rejected > 0 { parts.append("\(rejected) rejected") }
        if malformed > 0 { parts.append("\(malformed) malformed") }
        if unreadable > 0 { parts.append("\(unreadable) unreadable") }
        if unwritten > 0 { parts.append("\(unwritten) not written") }
        return "assay: \(Self.count(total, unit)): " + parts.joined(separator: ", ") + reasons.note
    }

    /// `3 tokens`, and of a run that a signal cut short `interrupted after 3 tokens`.
    public static func count(_ total: Int, _ unit: String) -> String {
        (Interruption.requested ? "interrupted after " : "") + "\(total) \(total == 1 ? unit : unit + "s")"
    }
}
