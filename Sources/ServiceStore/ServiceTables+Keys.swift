package import ProvisioningAPI
package import SQLite

/// Who asks: an API key with its team.
package struct KeyRow: Sendable, Equatable {
    package let id: String
    package let team: String
    package let teamName: String
    package let role: Role
    package let name: String
    /// Seconds since 1970.
    package let createdAt: Int64
    package let revokedAt: Int64?
}

extension ServiceTables {
    private static let keyColumns = """
        SELECT api_key.id, team.id, team.name, role, api_key.name, api_key.created_at, revoked_at
        FROM api_key JOIN team ON team.id = api_key.team
        """

    /// The team of that name; it is made if there is none.
    package func team(
        named name: String, newID: String, at time: Int64
    ) throws(SQLiteError) -> String {
        try run(
            "INSERT INTO team (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
            [.text(newID), .text(name), .integer(time)])
        return try first("SELECT id FROM team WHERE name = ?", [.text(name)]) { $0.text(0) } ?? newID
    }

    /// - Parameter digest: SHA-256 of the secret, 32 octets.
    package func addKey(
        id: String, digest: [UInt8], team: String, role: Role, name: String, at time: Int64
    ) throws(SQLiteError) {
        try run(
            "INSERT INTO api_key (id, digest, team, role, name, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [.text(id), .blob(digest), .text(team), .text(role.rawValue), .text(name), .integer(time)])
    }

    /// The key with this SHA-256, unless it was revoked.
    package func key(digest: [UInt8]) throws(SQLiteError) -> KeyRow? {
        try first(
            Self.keyColumns + " WHERE digest = ? AND revoked_at IS NULL", [.blob(digest)], Self.keyRow)
    }

    /// All keys, oldest first.
    package func keys() throws(SQLiteError) -> [KeyRow] {
        try all(Self.keyColumns + " ORDER BY api_key.created_at, api_key.id", [], Self.keyRow)
    }

    /// Whether there was such a key in force.
    package func revokeKey(_ id: String, at time: Int64) throws(SQLiteError) -> Bool {
        try run(
            "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            [.integer(time), .text(id)]) > 0
    }

    private static func keyRow(_ row: Statement) -> KeyRow? {
        guard let role = Role(rawValue: row.text(3)) else { return nil }
        return KeyRow(
            id: row.text(0), team: row.text(1), teamName: row.text(2), role: role, name: row.text(4),
            createdAt: row.integer(5), revokedAt: row.optionalInteger(6))
    }
}
