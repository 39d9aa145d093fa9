import Batches
import Claims
package import Diagnostics
import InputOutput

/// The reconciliation of a run that claims: every row that was read is in exactly one count.
package struct SubmissionTally: Sendable, Equatable {
    /// Rows that were read.
    private(set) var read = 0
    private var counts: [ClaimStatus: Int] = [:]
    private var unreadable = 0
    private(set) var reasons = ReasonCounts()

    package init() {}

    mutating func countRead() { read += 1 }
    mutating func count(_ status: ClaimStatus, _ reason: ErrorCode?) {
        counts[status, default: 0] += 1
        reasons.count(reason?.rawValue)
    }

    mutating func countUnreadable() {
        unreadable += 1
        reasons.count(ErrorCode.io.rawValue)
    }

    private subscript(status: ClaimStatus) -> Int { counts[status] ?? 0 }

    /// Rows with a result.
    var results: Int { counts.values.reduce(0, +) }
    private var good: Int { self[.claimed] + self[.existing] }
    var bad: Int { results - good + unreadable }
    var hasReadNothing: Bool { read == 0 && unreadable > 0 }

    /// A run without rows must not look like one in which all were claimed.
    func demandInputs() throws(ToolError) {
        guard read == 0, unreadable == 0, !Interruption.requested else { return }
        throw ToolError(.csv, "expected a row with a token, found none in the input")
    }

    /// 0 only when every row is claimed.
    package var exitStatus: ExitStatus {
        if bad == 0, good == read { return .done }
        if good > 0 || self[.ready] > 0 { return .partial }
        if read == 0 { return .localTrouble }
        if unreadable == 0, self[.malformed] == read { return .malformed }
        if unreadable == 0, self[.rejected] + self[.duplicate] + self[.failed] == read { return .rejected }
        return .partial
    }

    /// The same of a run that sent nothing: whether every row would be claimed in the end.
    package var rehearsalStatus: ExitStatus {
        var copy = self
        copy.counts[.claimed, default: 0] += copy.counts.removeValue(forKey: .ready) ?? 0
        return copy.exitStatus
    }

    /// `assay: 10 rows read: 6 claimed, 1 already claimed, 1 duplicate, 1 malformed, 0 rejected, 1 failed, 0 unknown`.
    package var summary: String {
        var text =
            "assay: \(Tally.count(read, "row")) read: \(self[.claimed]) claimed, \(self[.existing]) already claimed, "
            + "\(self[.duplicate]) duplicate, \(self[.malformed]) malformed, \(self[.rejected]) rejected, "
            + "\(self[.failed]) failed, \(self[.unknown]) unknown"
        if self[.ready] > 0 { text += ", \(self[.ready]) not sent" }
        let forgotten = read - results
        if forgotten != 0 { text += "; \(forgotten) without a result, which is a fault in assay" }
        if unreadable > 0 { text += "; \(unreadable) unreadable \(unreadable == 1 ? "file" : "files")" }
        return text + reasons.note
    }
}
