import CSQLite

/// A prepared statement: bind, step, read columns, reset.
public final class Statement {
    /// A value to bind.
    public enum Value: Sendable {
        case null
        case integer(Int64)
        case text(String)
        case blob([UInt8])
    }

    private let pointer: OpaquePointer
    private let connection: Connection

    init(_ sql: String, on connection: Connection) throws(SQLiteError) {
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(
            connection.pointer, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else { throw SQLiteError(code, connection.pointer) }
        self.pointer = pointer
        self.connection = connection
    }

    deinit { sqlite3_finalize(pointer) }

    /// Makes the statement ready with these parameters, from the first on.
    public func bind(_ values: Value...) throws(SQLiteError) { try bind(values) }

    /// Whether there is a (further) row.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(pointer)
            return false
        case let code:
            let error = SQLiteError(code, connection.pointer)
            sqlite3_reset(pointer)
            throw error
        }
    }

    /// Binds and runs a statement that returns no rows; returns how many rows it changed.
    @discardableResult
    public func run(_ values: Value...) throws(SQLiteError) -> Int {
        try bind(values)
        _ = try step()
        return connection.changes
    }

    /// The same with parameters in an array.
    public func bind(_ values: [Value]) throws(SQLiteError) {
        sqlite3_reset(pointer)
        for (offset, value) in values.enumerated() { try bind(value, at: Int32(offset) + 1) }
    }

    private func bind(_ value: Value, at index: Int32) throws(SQLiteError) {
        switch value {
        case .null: try check(sqlite3_bind_null(pointer, index))
        case .integer(let number): try set(index, number)
        case .text(let text): try set(index, text: text)
        case .blob(let bytes): try set(index, blob: bytes)
        }
    }

    // MARK: One parameter at a time, for statements that run by the hundred thousand

    /// Makes the statement ready for new parameters; those that are not set keep their value.
    public func begin() { sqlite3_reset(pointer) }

    /// Sets the parameter number `index`, counted from 1.
    public func set(_ index: Int32, _ number: Int64?) throws(SQLiteError) {
        guard let number else { return try check(sqlite3_bind_null(pointer, index)) }
        try check(sqlite3_bind_int64(pointer, index, number))
    }

    /// Sets the parameter number `index` to text.
    public func set(_ index: Int32, text: String?) throws(SQLiteError) {
        guard let text else { return try check(sqlite3_bind_null(pointer, index)) }
        try check(assay_bind_text(pointer, index, text, Int32(clamping: text.utf8.count)))
    }

    /// Sets the parameter number `index` to octets.
    public func set(_ index: Int32, blob bytes: [UInt8]?) throws(SQLiteError) {
        guard let bytes else { return try check(sqlite3_bind_null(pointer, index)) }
        try check(assay_bind_blob(pointer, index, bytes, Int32(clamping: bytes.count)))
    }

    /// Sets the parameter number `index` to octets.
    public func set(_ index: Int32, blob bytes: ArraySlice<UInt8>) throws(SQLiteError) {
        try check(
            bytes.withUnsafeBytes {
                assay_bind_blob(pointer, index, $0.baseAddress, Int32(clamping: $0.count))
            })
    }

    /// Sets the parameter number `index` to text in UTF-8.
    public func set(_ index: Int32, utf8 bytes: [UInt8]) throws(SQLiteError) {
        try check(
            bytes.withUnsafeBytes {
                assay_bind_text(
                    pointer, index, $0.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(clamping: bytes.count))
            })
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw SQLiteError(code, connection.pointer) }
    }

    /// Ends the reading of rows before the last one.
    public func reset() { sqlite3_reset(pointer) }

    /// Whether the column, from 0, of the current row is NULL.
    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

    /// The column's integer; 0 for NULL.
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    /// The column's bytes; empty for NULL.
    public func blob(_ column: Int32) -> [UInt8] {
        let count = Int(sqlite3_column_bytes(pointer, column))
        guard count > 0, let base = sqlite3_column_blob(pointer, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// The column's text, repaired where it is not UTF-8; empty for NULL.
    public func text(_ column: Int32) -> String {
        String(decoding: blob(column), as: UTF8.self)
    }
}
