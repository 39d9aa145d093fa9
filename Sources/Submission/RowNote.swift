import ProvisioningAPI

/// What is noted of a row while a run has it in hand, for whoever asks for it later: that run, or the one after it.
struct RowNote: Equatable {
    /// Where a row stands in the body of a bulk operation, by whose places the operation names its errors.
    struct Place: Equatable {
        var operation: String
        /// From 0.
        var row: Int
        /// Rows in the body.
        var count: Int
    }

    /// The operation that took the row.
    private(set) var place: Place?
    /// Whether the service did not have the device before the row was sent.
    private(set) var isNew = false

    /// The word for that.
    static let new = "new"
    private static let operation = "operation"

    /// - Parameter text: words, of which those that are not known say nothing.
    init(_ text: String) {
        for word in text.split(separator: " ") {
            if word == Self.new { isNew = true }
            let parts = word.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count == 4, parts[0] == Self.operation, let id = PercentEncoding.decode(parts[1]),
                let row = Int(parts[2]), let count = Int(parts[3]), 0..<max(count, 0) ~= row
            {
                place = Place(operation: id, row: row, count: count)
            }
        }
    }

    /// The word that says that an operation took the row.
    static func word(_ place: Place) -> String {
        "\(operation):\(PercentEncoding.encode(place.operation)):\(place.row):\(place.count)"
    }
}
