/// A set of row numbers: one bit a row.
struct RowMarks {
    private var words: [Int64: UInt64] = [:]

    /// Whether the row was not in it yet.
    @discardableResult
    mutating func insert(_ id: Int64) -> Bool {
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: id & 63)
        let word = words[id >> 6, default: 0]
        words[id >> 6] = word | bit
        return word & bit == 0
    }

    func contains(_ id: Int64) -> Bool {
        words[id >> 6, default: 0] & (1 << UInt64(truncatingIfNeeded: id & 63)) != 0
    }
}
