import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningAPI
import ProvisioningState
import ServiceStore

/// List, unclaim, block and group devices.
extension ProvisioningService {
    func listDevices(_ context: RequestContext) throws -> ServiceResponse {
        let page = try Page(context)
        let after = try page.number()
        let tag = try context.query("tag")
        let roles = Self.visibleRoles(to: context.key.role)
        let (rows, total) = try store.read { tables in
            let claims = try tables.claims(
                ofTeam: context.key.team, roles: roles, tag: tag, after: after, count: page.count + 1)
            let rows = try claims.map { (claim: $0, tags: try tables.tags(ofClaim: $0.number)) }
            return (rows, try tables.claimCount(ofTeam: context.key.team, roles: roles, tag: tag))
        }
        return try page.answer(rows, total: total, key: { String($0.claim.number) }) {
            try resource($0.claim, tags: $0.tags).json
        }
    }

    func unclaim(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "unclaim a device")
        let device = try device(context)
        try store.write { tables in
            let claim = try Self.claim(of: device, context, tables)
            try tables.removeClaim(claim.number)
            try tables.note(
                EventRow(
                    at: context.time, team: claim.team, claim: claim.number, device: device,
                    actor: context.actor, kind: "device.unclaimed"))
        }
        return .noContent
    }

    func setTags(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "change the groups of a device")
        let device = try device(context)
        let tags = try context.body(TagsBody.read)
        let claim = try store.write { tables in
            let claim = try Self.claim(of: device, context, tables)
            try tables.setTags(tags, ofClaim: claim.number)
            try Self.enterTags(tags, context, tables)
            try tables.note(
                EventRow(
                    at: context.time, team: claim.team, claim: claim.number, device: device,
                    actor: context.actor, kind: "device.tagged",
                    detail: [MemberName.tags: .array(tags.map { .string($0) })]))
            return claim
        }
        return ServiceResponse(json: try resource(claim, tags: tags).json)
    }

    /// Makes the groups that are named and not there.
    static func enterTags(_ tags: [String], _ context: RequestContext, _ tables: ServiceTables) throws {
        for tag in tags {
            _ = try tables.addTag(tag, description: nil, ofTeam: context.key.team, at: context.time)
        }
    }

    func setBlock(_ context: RequestContext, _ isBlocked: Bool) throws -> ServiceResponse {
        try context.require(.editor, to: "block or unblock a device")
        let device = try device(context)
        try change(device, context, kind: isBlocked ? "device.blocked" : "device.unblocked", nil) {
            queue throws(QueueRefusal) in
            if isBlocked { queue.block() } else { queue.unblock() }
        }
        return try getDevice(context)
    }

    func listEvents(_ context: RequestContext) throws -> ServiceResponse {
        let device = try device(context)
        let page = try Page(context)
        let after = try page.number()
        let rows = try store.read { tables in
            let claim = try Self.claim(of: device, context, tables)
            return try tables.events(ofClaim: claim.number, after: after, count: page.count + 1)
        }
        return try page.answer(rows, total: nil, key: { String($0.number) }) { event in
            var object: JSONObject = [
                MemberName.id: .integer(event.number), "at": .string(ServiceTime.text(event.at)),
                "actor": .string(event.actor), "kind": .string(event.kind),
            ]
            for member in event.detail.members { object[member.name] = member.value }
            return .object(object)
        }
    }

    // MARK: Groups

    func createTag(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "make a group")
        let body = try context.body { json throws(ToolError) in try TagBody(json: json) }
        let (isNew, row) = try store.write { tables in
            let isNew = try tables.addTag(
                body.tag, description: body.description, ofTeam: context.key.team, at: context.time)
            if isNew {
                try tables.note(
                    EventRow(
                        at: context.time, team: context.key.team, actor: context.actor, kind: "tag.created",
                        detail: [MemberName.tag: .string(body.tag)]))
            }
            return (isNew, try tables.tag(body.tag, ofTeam: context.key.team))
        }
        // Clients create a group each time that they use it: one that is there is no error.
        return ServiceResponse(json: row.map(Self.json) ?? .object([:]), status: isNew ? 201 : 200)
    }

    func listTags(_ context: RequestContext) throws -> ServiceResponse {
        let page = try Page(context)
        let rows = try store.read {
            try $0.tags(ofTeam: context.key.team, after: page.token ?? "", count: page.count + 1)
        }
        return try page.answer(rows, total: nil, key: { $0.tag }, json: Self.json)
    }

    private static func json(_ tag: TagRow) -> JSONValue {
        var object: JSONObject = [MemberName.tag: .string(tag.tag)]
        object[MemberName.description] = tag.description.map { .string($0) }
        object[MemberName.createdAt] = .string(ServiceTime.text(tag.createdAt))
        return .object(object)
    }
}
