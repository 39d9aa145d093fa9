import DeviceIdentity
import SQLite

/// The tables of a service on one connection: typed rows in and out, no rules. All SQL of the service is
/// here.
///
/// Belongs to one thread at a time.
package final class ServiceTables {
    let connection: Connection
    private var statements: [String: Statement] = [:]

    init(_ connection: Connection) { self.connection = connection }

    /// A prepared statement, made once.
    func statement(_ sql: String) throws(SQLiteError) -> Statement {
        if let known = statements[sql] {
            known.begin()
            return known
        }
        let statement = try connection.prepare(sql)
        statements[sql] = statement
        return statement
    }

    /// The first row of a query, if there is one.
    func first<Value>(
        _ sql: String, _ values: [Statement.Value], _ read: (Statement) throws(SQLiteError) -> Value?
    ) throws(SQLiteError) -> Value? {
        let select = try statement(sql)
        try select.bind(values)
        defer { select.reset() }
        return try select.step() ? try read(select) : nil
    }

    /// All rows of a query.
    func all<Value>(
        _ sql: String, _ values: [Statement.Value], _ read: (Statement) throws(SQLiteError) -> Value?
    ) throws(SQLiteError) -> [Value] {
        let select = try statement(sql)
        try select.bind(values)
        defer { select.reset() }
        var found: [Value] = []
        while try select.step() {
            if let value = try read(select) { found.append(value) }
        }
        return found
    }

    /// Runs a statement that changes rows; how many.
    @discardableResult
    func run(_ sql: String, _ values: [Statement.Value]) throws(SQLiteError) -> Int {
        let change = try statement(sql)
        try change.bind(values)
        _ = try change.step()
        return connection.changes
    }
}

extension Statement.Value {
    static func optional(_ number: Int64?) -> Statement.Value { number.map { .integer($0) } ?? .null }
    static func optional(_ text: String?) -> Statement.Value { text.map { .text($0) } ?? .null }
    static func flag(_ value: Bool) -> Statement.Value { .integer(value ? 1 : 0) }
    static func device(_ device: DeviceUUID) -> Statement.Value { .blob(device.bytes) }
}

extension Statement {
    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
    func flag(_ column: Int32) -> Bool { integer(column) != 0 }
}
