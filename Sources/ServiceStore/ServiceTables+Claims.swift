package import DeviceIdentity
package import ProvisioningAPI
package import ProvisioningState
package import SQLite

/// A claimed device without its queue.
package struct ClaimRow: Sendable, Equatable {
    /// Never given again; 0 before it is entered.
    package internal(set) var number: Int64 = 0
    package let device: DeviceUUID
    package let team: String
    /// Seconds since 1970.
    package let claimedAt: Int64
    package let claimedRole: Role
    package let deviceType: Int64
    package let firmware: DeviceUUID
    package internal(set) var phase: DeviceStatus = .ready
    package internal(set) var isBlocked = false
    package internal(set) var isFinishAcknowledged = false
    package internal(set) var lastSeenAt: Int64?
    /// What the device said of itself when it last asked, as a query.
    package internal(set) var lastLimits: String?
    /// Why it was last refused; nil since it got in.
    package internal(set) var lastRefusal: String?
    package internal(set) var lastFailure: String?

    package init(
        device: DeviceUUID, team: String, claimedAt: Int64, claimedRole: Role, deviceType: Int64,
        firmware: DeviceUUID
    ) {
        self.device = device
        self.team = team
        self.claimedAt = claimedAt
        self.claimedRole = claimedRole
        self.deviceType = deviceType
        self.firmware = firmware
    }

    package var status: DeviceStatus { isBlocked ? .blocked : phase }
}

extension ServiceTables {
    private static let claimColumns = """
        SELECT number, device, team, claimed_at, claimed_role, device_type, firmware, phase, is_blocked,
            is_finish_acknowledged, last_seen_at, last_limits, last_refusal, last_failure
        FROM claim
        """

    package func claim(of device: DeviceUUID) throws(SQLiteError) -> ClaimRow? {
        try first(Self.claimColumns + " WHERE device = ?", [.device(device)], Self.claimRow)
    }

    /// Enters a claim of a device that has none.
    package func add(_ claim: ClaimRow) throws(SQLiteError) -> Int64 {
        try run(
            """
            INSERT INTO claim (device, team, claimed_at, claimed_role, device_type, firmware, phase, is_blocked,
                is_finish_acknowledged)
            VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)
            """,
            [
                .device(claim.device), .text(claim.team), .integer(claim.claimedAt),
                .text(claim.claimedRole.rawValue), .integer(claim.deviceType), .device(claim.firmware),
                .text(claim.phase.rawValue),
            ])
        return connection.lastInsertedRow
    }

    /// Takes a claim away with its tags, commands and memory of rules.
    package func removeClaim(_ number: Int64) throws(SQLiteError) {
        try run("DELETE FROM claim WHERE number = ?", [.integer(number)])
    }

    /// The claims of a team in the order in which they were made, from after one of them.
    ///
    /// - Parameter roles: those under which a claim was made that the reader may see.
    package func claims(
        ofTeam team: String, roles: [Role], tag: String?, after number: Int64, count: Int
    ) throws(SQLiteError) -> [ClaimRow] {
        let marks = roles.map { _ in "?" }.joined(separator: ", ")
        let tagged =
            tag == nil ? "" : " AND EXISTS (SELECT 1 FROM claim_tag WHERE claim = number AND tag = ?)"
        return try all(
            Self.claimColumns + " WHERE team = ? AND number > ? AND claimed_role IN (\(marks))\(tagged)"
                + " ORDER BY number LIMIT ?",
            [.text(team), .integer(number)] + roles.map { .text($0.rawValue) }
                + (tag.map { [.text($0)] } ?? [])
                + [.integer(Int64(count))], Self.claimRow)
    }

    package func claimCount(ofTeam team: String, roles: [Role], tag: String?) throws(SQLiteError) -> Int64 {
        let marks = roles.map { _ in "?" }.joined(separator: ", ")
        let tagged =
            tag == nil ? "" : " AND EXISTS (SELECT 1 FROM claim_tag WHERE claim = number AND tag = ?)"
        return try first(
            "SELECT count(*) FROM claim WHERE team = ? AND claimed_role IN (\(marks))\(tagged)",
            [.text(team)] + roles.map { .text($0.rawValue) } + (tag.map { [.text($0)] } ?? [])
        ) { $0.integer(0) } ?? 0
    }

    // MARK: What a device does

    /// Notes that a device got in, and what it said of itself.
    package func see(_ claim: Int64, at time: Int64, limits: String?) throws(SQLiteError) {
        try run(
            """
            UPDATE claim SET last_seen_at = ?, last_limits = coalesce(?, last_limits), last_refusal = NULL
            WHERE number = ?
            """, [.integer(time), .optional(limits), .integer(claim)])
    }

    /// Notes why a device was refused.
    package func refuse(_ device: DeviceUUID, reason: String) throws(SQLiteError) {
        try run(
            "UPDATE claim SET last_refusal = ? WHERE device = ? AND last_refusal IS NOT ?",
            [.text(reason), .device(device), .text(reason)])
    }

    // MARK: Tags

    package func tags(ofClaim number: Int64) throws(SQLiteError) -> [String] {
        try all(
            "SELECT tag FROM claim_tag WHERE claim = ? ORDER BY place", [.integer(number)]
        ) { $0.text(0) }
    }

    package func setTags(_ tags: [String], ofClaim number: Int64) throws(SQLiteError) {
        try run("DELETE FROM claim_tag WHERE claim = ?", [.integer(number)])
        for (place, tag) in tags.enumerated() {
            try run(
                "INSERT INTO claim_tag (claim, place, tag) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [.integer(number), .integer(Int64(place)), .text(tag)])
        }
    }

    private static func claimRow(_ row: Statement) -> ClaimRow? {
        guard let device = DeviceUUID(bytes: row.blob(1)[...]), let role = Role(rawValue: row.text(4)),
            let firmware = DeviceUUID(bytes: row.blob(6)[...]),
            let phase = DeviceStatus(rawValue: row.text(7))
        else { return nil }
        var claim = ClaimRow(
            device: device, team: row.text(2), claimedAt: row.integer(3), claimedRole: role,
            deviceType: row.integer(5), firmware: firmware)
        claim.number = row.integer(0)
        claim.phase = phase
        claim.isBlocked = row.flag(8)
        claim.isFinishAcknowledged = row.flag(9)
        claim.lastSeenAt = row.optionalInteger(10)
        claim.lastLimits = row.optionalText(11)
        claim.lastRefusal = row.optionalText(12)
        claim.lastFailure = row.optionalText(13)
        return claim
    }
}
