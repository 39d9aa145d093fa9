package import DeviceIdentity
package import JSON
package import SQLite

/// One change: who did what.
package struct EventRow: Sendable, Equatable {
    /// Ascending in the order of commits; 0 before it is entered.
    package var number: Int64 = 0
    /// Seconds since 1970.
    package let at: Int64
    package let team: String?
    package let claim: Int64?
    package let device: DeviceUUID?
    /// `key:<id>`, `device`, `service` or `console`.
    package let actor: String
    /// For example `command.added`.
    package let kind: String
    /// Never a secret.
    package let detail: JSONObject

    package init(
        at: Int64, team: String?, claim: Int64? = nil, device: DeviceUUID? = nil, actor: String, kind: String,
        detail: JSONObject = [:]
    ) {
        self.at = at
        self.team = team
        self.claim = claim
        self.device = device
        self.actor = actor
        self.kind = kind
        self.detail = detail
    }
}

extension ServiceTables {
    /// Enters an event; only in the transaction of the change that it is of.
    package func note(_ event: EventRow) throws(SQLiteError) {
        let detail =
            event.detail.members.isEmpty
            ? nil : String(decoding: JSONValue.object(event.detail).compact(), as: UTF8.self)
        try run(
            "INSERT INTO event (at, team, claim, device, actor, kind, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                .integer(event.at), .optional(event.team), .optional(event.claim),
                event.device.map { .device($0) } ?? .null, .text(event.actor), .text(event.kind),
                .optional(detail),
            ])
    }

    /// The events of a claim in their order, from after one of them.
    package func events(
        ofClaim claim: Int64, after number: Int64, count: Int
    ) throws(SQLiteError) -> [EventRow] {
        try all(
            """
            SELECT number, at, team, claim, device, actor, kind, detail FROM event
            WHERE claim = ? AND number > ? ORDER BY number LIMIT ?
            """, [.integer(claim), .integer(number), .integer(Int64(count))]
        ) { row in
            let detail = row.isNull(7) ? nil : try? JSONValue(parsing: row.blob(7)).objectValue
            var event = EventRow(
                at: row.integer(1), team: row.optionalText(2), claim: row.optionalInteger(3),
                device: DeviceUUID(bytes: row.blob(4)[...]), actor: row.text(5), kind: row.text(6),
                detail: detail ?? [:])
            event.number = row.integer(0)
            return event
        }
    }
}
