import DeviceIdentity
import JSON
import ProvisioningCommands
package import ProvisioningState
package import SQLite

extension ServiceTables {
    /// The queue of a claimed device.
    package func queue(of claim: ClaimRow) throws(SQLiteError) -> DeviceQueue {
        let commands = try all(
            """
            SELECT id, body, rule, is_follow_up, created_at, status, attempts, delivered_at, ended_at, timeout,
                answered_steps, needs_follow_up, result, result_code, result_text, started_at
            FROM command WHERE claim = ? ORDER BY number
            """, [.integer(claim.number)], Self.command)
        let rules = try all(
            "SELECT rule FROM applied_rule WHERE claim = ?", [.integer(claim.number)]
        ) { $0.text(0) }
        return DeviceQueue(
            commands: commands, phase: claim.phase, isBlocked: claim.isBlocked, appliedRules: Set(rules),
            isFinishAcknowledged: claim.isFinishAcknowledged)
    }

    /// Whether the service owes something for a result of this claim.
    package func owesFollowUp(_ claim: Int64) throws(SQLiteError) -> Bool {
        try first(
            "SELECT 1 FROM command WHERE claim = ? AND needs_follow_up = 1 LIMIT 1", [.integer(claim)]
        ) { _ in true } ?? false
    }

    /// Keeps what an event changed in a queue.
    package func save(_ new: DeviceQueue, over old: DeviceQueue, ofClaim number: Int64) throws(SQLiteError) {
        let kept = Set(new.commands.map(\.id))
        for command in old.commands where !kept.contains(command.id) {
            try run(
                "DELETE FROM command WHERE claim = ? AND id = ?", [.integer(number), .device(command.id)])
        }
        var known: [DeviceUUID: QueuedCommand] = [:]
        for command in old.commands { known[command.id] = command }
        for command in new.commands where known[command.id] != command {
            try enter(command, isNew: known[command.id] == nil, number)
        }
        for rule in new.appliedRules.subtracting(old.appliedRules).sorted() {
            try run(
                "INSERT INTO applied_rule (claim, rule) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [.integer(number), .text(rule)])
        }
        guard
            new.phase != old.phase || new.isBlocked != old.isBlocked
                || new.isFinishAcknowledged != old.isFinishAcknowledged
        else { return }
        try run(
            "UPDATE claim SET phase = ?, is_blocked = ?, is_finish_acknowledged = ? WHERE number = ?",
            [
                .text(new.phase.rawValue), .flag(new.isBlocked), .flag(new.isFinishAcknowledged),
                .integer(number),
            ])
    }

    /// Keeps why the queue came to stand, for those who ask when the command is gone.
    package func noteFailure(_ text: String?, ofClaim number: Int64) throws(SQLiteError) {
        try run(
            "UPDATE claim SET last_failure = ? WHERE number = ?", [.optional(text), .integer(number)])
    }

    private func enter(_ command: QueuedCommand, isNew: Bool, _ claim: Int64) throws(SQLiteError) {
        let body = String(decoding: command.command.json.compact(), as: UTF8.self)
        var result: (kind: String?, code: Int64?, text: String?)
        switch command.result {
        case nil: break
        case .succeeded(let message)?: result = ("succeeded", nil, message)
        case .failed(let code, let message)?: result = ("failed", Int64(code), message)
        case .undeliverable(let reason)?: result = ("undeliverable", nil, reason)
        case .refused(let reason)?: result = ("refused", nil, reason)
        }
        let values: [Statement.Value] = [
            .text(body), .text(command.status.rawValue), .integer(Int64(command.attempts)),
            .optional(command.deliveredAt), .optional(command.endedAt), .optional(command.timeout),
            .integer(Int64(command.answeredSteps)), .flag(command.needsFollowUp), .optional(result.kind),
            .optional(result.code), .optional(result.text), .optional(command.startedAt), .integer(claim),
            .device(command.id),
        ]
        guard isNew else {
            try run(
                """
                UPDATE command SET body = ?, status = ?, attempts = ?, delivered_at = ?, ended_at = ?, timeout = ?,
                    answered_steps = ?, needs_follow_up = ?, result = ?, result_code = ?, result_text = ?,
                    started_at = ?
                WHERE claim = ? AND id = ?
                """, values)
            return
        }
        var isFollowUp = false
        if case .followUp = command.origin { isFollowUp = true }
        try run(
            """
            INSERT INTO command (body, status, attempts, delivered_at, ended_at, timeout, answered_steps,
                needs_follow_up, result, result_code, result_text, started_at, claim, id, rule, is_follow_up,
                created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            values + [
                .optional(command.origin.rule), .flag(isFollowUp), .integer(command.createdAt),
            ])
    }

    private static func command(_ row: Statement) throws(SQLiteError) -> QueuedCommand? {
        let command: ProvisioningCommand
        do {
            command = try ProvisioningCommand(json: JSONValue(parsing: row.blob(1)))
        } catch {
            throw SQLiteError(damage: "a command in the service's file cannot be read")
        }
        guard let id = DeviceUUID(bytes: row.blob(0)[...]), let status = CommandStatus(rawValue: row.text(5))
        else { throw SQLiteError(damage: "a command in the service's file has no id or status") }
        let origin: CommandOrigin =
            switch (row.optionalText(2), row.flag(3)) {
            case (nil, _): .operator
            case (let rule?, false): .rule(rule)
            case (let rule?, true): .followUp(rule: rule)
            }
        let result: CommandResult? =
            switch row.optionalText(12) {
            case "succeeded"?: .succeeded(message: row.optionalText(14))
            case "failed"?: .failed(cme: UInt32(clamping: row.integer(13)), message: row.text(14))
            case "undeliverable"?: .undeliverable(reason: row.text(14))
            case "refused"?: .refused(reason: row.text(14))
            default: nil
            }
        return QueuedCommand(
            id: id, command: command, origin: origin, createdAt: row.integer(4), status: status,
            attempts: Int(clamping: row.integer(6)), deliveredAt: row.optionalInteger(7),
            startedAt: row.optionalInteger(15), endedAt: row.optionalInteger(8), result: result,
            answeredSteps: Int(clamping: row.integer(10)), needsFollowUp: row.flag(11),
            timeout: row.optionalInteger(9))
    }
}
