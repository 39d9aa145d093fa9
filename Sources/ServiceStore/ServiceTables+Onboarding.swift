package import SQLite

/// A device whose credential the broker of the team's fleet accepts.
package struct OnboardedRow: Sendable, Equatable {
    /// Ascending in the order of onboarding; 0 before it is entered.
    package internal(set) var number: Int64 = 0
    package let id: String
    package let subType: String
    /// Joined by `|`; so are ``firmwareTypes``.
    package let tags: String
    package let firmwareTypes: String
    /// A certificate or public key in PEM.
    package let credential: String
    /// SHA-256 of ``credential``, 32 octets.
    package let digest: [UInt8]
    /// Seconds since 1970.
    package let createdAt: Int64

    package init(
        id: String, subType: String, tags: String, firmwareTypes: String, credential: String,
        digest: [UInt8], createdAt: Int64
    ) {
        self.id = id
        self.subType = subType
        self.tags = tags
        self.firmwareTypes = firmwareTypes
        self.credential = credential
        self.digest = digest
        self.createdAt = createdAt
    }
}

extension ServiceTables {
    private static let onboardedColumns = """
        SELECT number, id, sub_type, tags, firmware_types, credential, credential_digest, created_at
        FROM onboarded_device
        """

    package func onboardedDevice(_ id: String, ofTeam team: String) throws(SQLiteError) -> OnboardedRow? {
        try first(
            Self.onboardedColumns + " WHERE team = ? AND id = ?", [.text(team), .text(id)], Self.onboardedRow)
    }

    /// The team and id of the device that has this credential.
    package func holder(ofCredential digest: [UInt8]) throws(SQLiteError) -> (team: String, id: String)? {
        try first(
            "SELECT team, id FROM onboarded_device WHERE credential_digest = ?", [.blob(digest)]
        ) { (team: $0.text(0), id: $0.text(1)) }
    }

    /// Enters a device, or gives one that is there what the row says.
    package func onboard(_ row: OnboardedRow, ofTeam team: String) throws(SQLiteError) {
        try run(
            """
            INSERT INTO onboarded_device (team, id, sub_type, tags, firmware_types, credential, credential_digest,
                created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (team, id) DO UPDATE SET sub_type = excluded.sub_type, tags = excluded.tags,
                firmware_types = excluded.firmware_types, credential = excluded.credential,
                credential_digest = excluded.credential_digest
            """,
            [
                .text(team), .text(row.id), .text(row.subType), .text(row.tags), .text(row.firmwareTypes),
                .text(row.credential), .blob(row.digest), .integer(row.createdAt),
            ])
    }

    /// Whether there was such a device.
    package func removeOnboarded(_ id: String, ofTeam team: String) throws(SQLiteError) -> Bool {
        try run("DELETE FROM onboarded_device WHERE team = ? AND id = ?", [.text(team), .text(id)]) > 0
    }

    package func onboardedDevices(
        ofTeam team: String, after number: Int64, count: Int
    ) throws(SQLiteError) -> [OnboardedRow] {
        try all(
            Self.onboardedColumns + " WHERE team = ? AND number > ? ORDER BY number LIMIT ?",
            [.text(team), .integer(number), .integer(Int64(count))], Self.onboardedRow)
    }

    private static func onboardedRow(_ row: Statement) -> OnboardedRow? {
        var found = OnboardedRow(
            id: row.text(1), subType: row.text(2), tags: row.text(3), firmwareTypes: row.text(4),
            credential: row.text(5), digest: row.blob(6), createdAt: row.integer(7))
        found.number = row.integer(0)
        return found
    }
}
