package import JSON
package import SQLite

/// An operation that was asked for at once and is looked at later.
package struct BulkOperationRow: Sendable, Equatable {
    /// A ULID: operations sort by it in the order in which they were asked for.
    package let id: String
    package let team: String
    package let endpoint: String
    package let status: String
    /// Seconds since 1970.
    package let requestedAt: Int64
    package let completedAt: Int64?
    package let result: JSONValue?

    package init(
        id: String, team: String, endpoint: String, status: String, requestedAt: Int64, completedAt: Int64?,
        result: JSONValue?
    ) {
        self.id = id
        self.team = team
        self.endpoint = endpoint
        self.status = status
        self.requestedAt = requestedAt
        self.completedAt = completedAt
        self.result = result
    }
}

extension ServiceTables {
    private static let operationColumns = """
        SELECT id, team, endpoint, status, requested_at, completed_at, result FROM bulk_operation
        """

    package func add(_ operation: BulkOperationRow) throws(SQLiteError) {
        try run(
            """
            INSERT INTO bulk_operation (id, team, endpoint, status, requested_at, completed_at, result)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(operation.id), .text(operation.team), .text(operation.endpoint),
                .text(operation.status), .integer(operation.requestedAt), .optional(operation.completedAt),
                .optional(operation.result.map { String(decoding: $0.compact(), as: UTF8.self) }),
            ])
    }

    package func operation(_ id: String, ofTeam team: String) throws(SQLiteError) -> BulkOperationRow? {
        try first(
            Self.operationColumns + " WHERE id = ? AND team = ?", [.text(id), .text(team)], Self.operation)
    }

    /// An operation by its id alone, 80 bits of which are random.
    package func operation(_ id: String) throws(SQLiteError) -> BulkOperationRow? {
        try first(Self.operationColumns + " WHERE id = ?", [.text(id)], Self.operation)
    }

    /// The operations of a team in their order, from after one of them.
    package func operations(
        ofTeam team: String, after id: String, count: Int
    ) throws(SQLiteError) -> [BulkOperationRow] {
        try all(
            Self.operationColumns + " WHERE team = ? AND id > ? ORDER BY id LIMIT ?",
            [.text(team), .text(id), .integer(Int64(count))], Self.operation)
    }

    private static func operation(_ row: Statement) -> BulkOperationRow? {
        BulkOperationRow(
            id: row.text(0), team: row.text(1), endpoint: row.text(2), status: row.text(3),
            requestedAt: row.integer(4), completedAt: row.optionalInteger(5),
            result: row.isNull(6) ? nil : try? JSONValue(parsing: row.blob(6)))
    }
}
