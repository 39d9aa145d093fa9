import Commands
import DeviceIdentity
import Submission

/// Rows in a row, of which at most as many are to be sent as the service takes in one request.
struct ClaimSegment: Sendable {
    /// What is sent at once.
    static let rowLimit = 1_000
    /// Rows that are not sent do not gather without bound.
    private static let longest = 4_000

    private(set) var rows: [ClaimIntake.Row] = []
    /// The places of those that are sent.
    private(set) var places: [Int] = []
    private(set) var items: [ClaimItem] = []

    var isFull: Bool { items.count >= Self.rowLimit || rows.count >= Self.longest }

    mutating func append(_ row: ClaimIntake.Row) {
        if row.isReady, let device = row.device {
            places.append(rows.count)
            items.append(ClaimItem(device: device, token: Array(row.token), line: Array(row.line)))
        }
        // What was read of a file in blocks is not kept for the sake of one row.
        rows.append(row.withoutToken)
    }

    /// The rows with what became of them.
    func results(_ outcomes: [ClaimOutcome]) -> [ClaimIntake.Row] {
        var rows = rows
        for (place, outcome) in zip(places, outcomes) { rows[place].report.take(outcome) }
        return rows
    }
}
