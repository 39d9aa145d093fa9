import JSON
package import ProvisioningCommands
package import SQLite

/// A rule of a team.
package struct RuleRow: Sendable, Equatable {
    /// Ascending in the order of creation, which is that in which rules apply; 0 before it is entered.
    package internal(set) var number: Int64 = 0
    package let id: String
    package let team: String
    package var name: String
    package var description: String?
    /// Otherwise it is a draft, which can still be changed.
    package var isActive: Bool
    package var commands: [ProvisioningCommand]
    package var tags: [String]
    /// Seconds since 1970.
    package let createdAt: Int64
    package var activatedAt: Int64?

    package init(
        id: String, team: String, name: String, description: String?, isActive: Bool,
        commands: [ProvisioningCommand], tags: [String], createdAt: Int64
    ) {
        self.id = id
        self.team = team
        self.name = name
        self.description = description
        self.isActive = isActive
        self.commands = commands
        self.tags = tags
        self.createdAt = createdAt
        activatedAt = isActive ? createdAt : nil
    }
}

/// A group of a team: the tag that makes a device its member.
package struct TagRow: Sendable, Equatable {
    package let tag: String
    package let description: String?
    /// Seconds since 1970.
    package let createdAt: Int64
}

extension ServiceTables {
    private static let ruleColumns = """
        SELECT number, id, team, name, description, is_active, commands, created_at, activated_at FROM rule
        """

    package func rule(_ id: String, ofTeam team: String) throws(SQLiteError) -> RuleRow? {
        let rule = try first(
            Self.ruleColumns + " WHERE id = ? AND team = ?", [.text(id), .text(team)], Self.rule)
        return try rule.map { rule throws(SQLiteError) in try withTags(rule) }
    }

    /// The rules of a team in the order of their creation, from after one of them.
    package func rules(
        ofTeam team: String, after number: Int64, count: Int
    ) throws(SQLiteError) -> [RuleRow] {
        let rules = try all(
            Self.ruleColumns + " WHERE team = ? AND number > ? ORDER BY number LIMIT ?",
            [.text(team), .integer(number), .integer(Int64(count))], Self.rule)
        var found: [RuleRow] = []
        for rule in rules { found.append(try withTags(rule)) }
        return found
    }

    package func ruleCount(ofTeam team: String) throws(SQLiteError) -> Int64 {
        try first("SELECT count(*) FROM rule WHERE team = ?", [.text(team)]) { $0.integer(0) } ?? 0
    }

    /// Whether another rule of the team has this name.
    package func hasRule(named name: String, ofTeam team: String, but id: String) throws(SQLiteError) -> Bool
    {
        try first(
            "SELECT 1 FROM rule WHERE team = ? AND name = ? AND id <> ?",
            [.text(team), .text(name), .text(id)]
        ) { _ in true } ?? false
    }

    package func add(_ rule: RuleRow) throws(SQLiteError) {
        try run(
            """
            INSERT INTO rule (id, team, name, description, is_active, commands, created_at, activated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(rule.id), .text(rule.team), .text(rule.name), .optional(rule.description),
                .flag(rule.isActive), .text(Self.text(rule.commands)), .integer(rule.createdAt),
                .optional(rule.activatedAt),
            ])
        try enterTags(rule.tags, ofRule: connection.lastInsertedRow)
    }

    package func change(_ rule: RuleRow) throws(SQLiteError) {
        try run(
            """
            UPDATE rule SET name = ?, description = ?, is_active = ?, commands = ?, activated_at = ?
            WHERE number = ?
            """,
            [
                .text(rule.name), .optional(rule.description), .flag(rule.isActive),
                .text(Self.text(rule.commands)), .optional(rule.activatedAt), .integer(rule.number),
            ])
        try run("DELETE FROM rule_tag WHERE rule = ?", [.integer(rule.number)])
        try enterTags(rule.tags, ofRule: rule.number)
    }

    package func removeRule(_ number: Int64) throws(SQLiteError) {
        try run("DELETE FROM rule WHERE number = ?", [.integer(number)])
    }

    /// The rules that have a tag of this claim and were not applied to it yet, in the order of their
    /// creation.
    ///
    /// - Parameter isActive: those in force, or the drafts.
    package func rules(forClaim claim: ClaimRow, isActive: Bool) throws(SQLiteError) -> [RuleRow] {
        try all(
            Self.ruleColumns
                + """
                 WHERE team = ? AND is_active = ? AND number IN (
                    SELECT rule_tag.rule FROM rule_tag JOIN claim_tag ON claim_tag.tag = rule_tag.tag
                    WHERE claim_tag.claim = ?)
                    AND id NOT IN (SELECT rule FROM applied_rule WHERE claim = ?)
                ORDER BY number
                """,
            [.text(claim.team), .flag(isActive), .integer(claim.number), .integer(claim.number)], Self.rule)
    }

    private func withTags(_ rule: RuleRow) throws(SQLiteError) -> RuleRow {
        var rule = rule
        rule.tags = try all(
            "SELECT tag FROM rule_tag WHERE rule = ? ORDER BY place", [.integer(rule.number)]
        ) { $0.text(0) }
        return rule
    }

    private func enterTags(_ tags: [String], ofRule number: Int64) throws(SQLiteError) {
        for (place, tag) in tags.enumerated() {
            try run(
                "INSERT INTO rule_tag (rule, place, tag) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [.integer(number), .integer(Int64(place)), .text(tag)])
        }
    }

    private static func text(_ commands: [ProvisioningCommand]) -> String {
        String(decoding: JSONValue.array(commands.map(\.json)).compact(), as: UTF8.self)
    }

    private static func rule(_ row: Statement) throws(SQLiteError) -> RuleRow? {
        var commands: [ProvisioningCommand] = []
        do {
            for body in try JSONValue(parsing: row.blob(6)).arrayValue ?? [] {
                commands.append(try ProvisioningCommand(json: body))
            }
        } catch {
            throw SQLiteError(damage: "a rule in the service's file cannot be read")
        }
        var rule = RuleRow(
            id: row.text(1), team: row.text(2), name: row.text(3), description: row.optionalText(4),
            isActive: row.flag(5), commands: commands, tags: [], createdAt: row.integer(7))
        rule.number = row.integer(0)
        rule.activatedAt = row.optionalInteger(8)
        return rule
    }

    // MARK: Groups

    /// Makes a group unless there is one of this tag; whether it is new.
    package func addTag(
        _ tag: String, description: String?, ofTeam team: String, at time: Int64
    ) throws(SQLiteError) -> Bool {
        try run(
            """
            INSERT INTO tag (team, tag, description, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
            """, [.text(team), .text(tag), .optional(description), .integer(time)]) > 0
    }

    package func tag(_ tag: String, ofTeam team: String) throws(SQLiteError) -> TagRow? {
        try first(
            "SELECT tag, description, created_at FROM tag WHERE team = ? AND tag = ?",
            [.text(team), .text(tag)],
            Self.tagRow)
    }

    /// The groups of a team by their tag, from after one of them.
    package func tags(ofTeam team: String, after tag: String, count: Int) throws(SQLiteError) -> [TagRow] {
        try all(
            "SELECT tag, description, created_at FROM tag WHERE team = ? AND tag > ? ORDER BY tag LIMIT ?",
            [.text(team), .text(tag), .integer(Int64(count))], Self.tagRow)
    }

    private static func tagRow(_ row: Statement) -> TagRow? {
        TagRow(tag: row.text(0), description: row.optionalText(1), createdAt: row.integer(2))
    }
}
