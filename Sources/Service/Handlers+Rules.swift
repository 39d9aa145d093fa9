import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningAPI
import ProvisioningCommands
import ServiceStore

/// Provisioning rules: commands for all devices of a group.
extension ProvisioningService {
    private static func json(_ rule: RuleRow) -> JSONValue {
        RuleResource(
            id: rule.id, name: rule.name, description: rule.description, isActive: rule.isActive,
            commands: rule.commands, tags: rule.tags, createdAt: ServiceTime.text(rule.createdAt),
            activatedAt: rule.activatedAt.map(ServiceTime.text)
        ).json
    }

    /// Asserts that a rule is one that all its devices can take.
    private static func check(_ rule: RuleRow) throws {
        do throws(ToolError) {
            _ = try ProvisioningRule(
                name: rule.name, description: rule.description, isActive: rule.isActive,
                commands: rule.commands, tags: rule.tags)
        } catch {
            throw Refusal(422, error.code.rawValue, error.message)
        }
        let report = BatchValidator(purpose: .rule).validate(.array(rule.commands.map(\.json)))
        if let finding = report.findings.first(where: { $0.severity == .error }) {
            throw Refusal(422, finding.code.rawValue, finding.toolError.message)
        }
    }

    private static func checkName(_ rule: RuleRow, _ tables: ServiceTables) throws {
        guard try !tables.hasRule(named: rule.name, ofTeam: rule.team, but: rule.id) else {
            throw Refusal(
                409, "rule-name", "expected a name that no rule of your team has, found one that has it")
        }
    }

    private static func note(
        _ kind: String, _ rule: RuleRow, _ context: RequestContext, _ tables: ServiceTables
    ) throws {
        try tables.note(
            EventRow(
                at: context.time, team: rule.team, actor: context.actor, kind: kind,
                detail: ["rule": .string(rule.id), MemberName.name: .string(rule.name)]))
    }

    func createRule(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.admin, to: "make a rule")
        let body = try context.body { json throws(ToolError) in try RuleBody(json: json) }
        guard let name = body.name, let commands = body.commands else {
            throw Refusal(400, "json", "expected the members name and commands, found not both")
        }
        let rule = RuleRow(
            id: try newUUID().description, team: context.key.team, name: name, description: body.description,
            isActive: body.isActive ?? false, commands: commands.map(\.normalized), tags: body.tags ?? [],
            createdAt: context.time)
        try Self.check(rule)
        try store.write { tables in
            try Self.checkName(rule, tables)
            try tables.add(rule)
            try Self.enterTags(rule.tags, context, tables)
            try Self.note("rule.created", rule, context, tables)
        }
        return ServiceResponse(json: Self.json(rule), status: 201)
    }

    func listRules(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "see the rules")
        let page = try Page(context)
        let after = try page.number()
        let (rows, total) = try store.read { tables in
            (
                try tables.rules(ofTeam: context.key.team, after: after, count: page.count + 1),
                try tables.ruleCount(ofTeam: context.key.team)
            )
        }
        return try page.answer(rows, total: total, key: { String($0.number) }, json: Self.json)
    }

    private static func rule(_ context: RequestContext, _ tables: ServiceTables) throws -> RuleRow {
        guard let rule = try tables.rule(context.parameter(0), ofTeam: context.key.team) else {
            throw Refusal.unknownRule
        }
        return rule
    }

    func getRule(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "see the rules")
        return ServiceResponse(json: Self.json(try store.read { try Self.rule(context, $0) }))
    }

    func changeRule(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.admin, to: "change a rule")
        let body = try context.body { json throws(ToolError) in try RuleBody(json: json) }
        let rule = try store.write { tables in
            var rule = try Self.rule(context, tables)
            guard !rule.isActive else {
                throw Refusal(
                    409, "rule-active",
                    "expected a draft, found a rule in force, which is not changed: copy it under another name"
                )
            }
            rule.name = body.name ?? rule.name
            rule.description = body.description ?? rule.description
            rule.commands = body.commands?.map(\.normalized) ?? rule.commands
            rule.tags = body.tags ?? rule.tags
            if body.isActive == true {
                rule.isActive = true
                rule.activatedAt = context.time
            }
            try Self.check(rule)
            try Self.checkName(rule, tables)
            try tables.change(rule)
            try Self.enterTags(rule.tags, context, tables)
            try Self.note(rule.isActive ? "rule.activated" : "rule.changed", rule, context, tables)
            return rule
        }
        return ServiceResponse(json: Self.json(rule))
    }

    func activateRule(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.admin, to: "activate a rule")
        let rule = try store.write { tables in
            var rule = try Self.rule(context, tables)
            // Asked again after a lost answer it is as it should be.
            guard !rule.isActive else { return rule }
            rule.isActive = true
            rule.activatedAt = context.time
            try tables.change(rule)
            try Self.note("rule.activated", rule, context, tables)
            return rule
        }
        return ServiceResponse(json: Self.json(rule))
    }

    func deleteRule(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.admin, to: "delete a rule")
        try store.write { tables in
            let rule = try Self.rule(context, tables)
            try tables.removeRule(rule.number)
            try Self.note("rule.deleted", rule, context, tables)
        }
        return .noContent
    }
}
