import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningAPI
import ProvisioningCommands
import ProvisioningState
import ServiceStore

extension ProvisioningService {
    /// - Parameter time: seconds since 1970, by which it is judged whether a result is overdue.
    func resource(_ command: QueuedCommand, at time: Int64) -> CommandResource {
        let response: CommandResource.Response? =
            switch command.result {
            case nil: nil
            case .succeeded(let message?)? where command.command.request.kind.makesKey: .message(message)
            case .succeeded?: .empty
            case .failed(let cme, let message)?: .error(cme: cme, message: message)
            case .undeliverable(let reason)?, .refused(let reason)?: .error(cme: nil, message: reason)
            }
        return CommandResource(
            id: command.id.description, status: command.status.rawValue, command: command.command,
            response: response, createdAt: ServiceTime.text(command.createdAt), ruleId: command.origin.rule,
            attempts: command.attempts, deliveredAt: command.deliveredAt.map(ServiceTime.text),
            endedAt: command.endedAt.map(ServiceTime.text), timeout: command.timeout,
            isOverdue: command.isOverdue(at: time, usual: configuration.commandTimeout))
    }

    /// A command body that the service and a device can take.
    private func command(
        _ context: RequestContext
    ) throws -> (command: ProvisioningCommand, timeout: Int64?) {
        let body = try context.body { json throws(ToolError) in try CommandBody(json: json) }
        let command = body.command.normalized
        // A single body: what matters between commands is left to the queue.
        let report = BatchValidator(purpose: .rule).validate(command.json)
        if let finding = report.findings.first(where: { $0.severity == .error }) {
            throw Refusal(422, finding.code.rawValue, finding.toolError.message)
        }
        return (command, body.timeout)
    }

    /// A random UUID of the service's own.
    func newUUID() throws -> DeviceUUID {
        guard let octets = configuration.randomness(16), let text = Identifier.uuid(randomness: octets),
            let uuid = try? DeviceUUID(text: text)
        else { throw ToolError(.internalFault, "found no randomness for an id") }
        return uuid
    }

    func addCommand(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "add a command")
        let device = try device(context)
        let (body, timeout) = try command(context)
        let key = try Self.idempotencyKey(context)
        let id =
            try key.map { Self.derivedID("assay command|\(context.key.team)|\(device)|\($0)") } ?? newUUID()
        let command = QueuedCommand(
            id: id, command: body, origin: .operator, createdAt: context.time, timeout: timeout)
        if key != nil, let known = try self.known(id, of: device, context) {
            guard known.command == body, known.timeout == timeout else {
                throw Refusal(
                    422, "idempotency-key",
                    "expected one Idempotency-Key for one command, found it for another")
            }
            return ServiceResponse(json: resource(known, at: context.time).json, status: 201)
        }
        try change(device, context, kind: "command.added", id) { queue throws(QueueRefusal) in
            // Of two at once with one key the second finds the first.
            if key != nil, queue.command(id)?.command == body { return }
            try queue.add(command)
        }
        return ServiceResponse(json: resource(command, at: context.time).json, status: 201)
    }

    /// What a client repeats with a request whose answer was lost.
    private static func idempotencyKey(_ context: RequestContext) throws -> String? {
        guard let key = context.request.header("Idempotency-Key") else { return nil }
        guard 1...256 ~= key.utf8.count else {
            throw Refusal(
                400, "idempotency-key", "expected an Idempotency-Key of 1 to 256 octets, found another")
        }
        return key
    }

    private func known(
        _ id: DeviceUUID, of device: DeviceUUID, _ context: RequestContext
    ) throws -> QueuedCommand? {
        try store.read { tables in
            try tables.queue(of: try Self.claim(of: device, context, tables)).command(id)
        }
    }

    func getCommand(_ context: RequestContext) throws -> ServiceResponse {
        let device = try device(context)
        let id = try commandID(context)
        let queue = try store.read { tables in
            try tables.queue(of: try Self.claim(of: device, context, tables))
        }
        guard let command = queue.command(id) else { throw Refusal.unknownCommand }
        return ServiceResponse(json: resource(command, at: context.time).json)
    }

    func listCommands(_ context: RequestContext) throws -> ServiceResponse {
        let device = try device(context)
        let queue = try store.read { tables in
            try tables.queue(of: try Self.claim(of: device, context, tables))
        }
        return ServiceResponse(
            json: .object([
                MemberName.items: .array(queue.commands.map { resource($0, at: context.time).json }),
                MemberName.total: .integer(Int64(queue.commands.count)),
            ]))
    }

    func updateCommand(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "change a command")
        let (command, timeout) = try command(context)
        return try changeCommand(context, kind: "command.updated") { queue, id throws(QueueRefusal) in
            try queue.update(id, to: command, timeout: timeout)
        }
    }

    func skipCommand(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "skip a command")
        let usual = configuration.commandTimeout
        return try changeCommand(context, kind: "command.skipped") { queue, id throws(QueueRefusal) in
            try queue.skip(id, at: context.time, usualTimeout: usual)
        }
    }

    func retryCommand(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "retry a command")
        return try changeCommand(context, kind: "command.retried") { queue, id throws(QueueRefusal) in
            try queue.retry(id)
        }
    }

    func deleteCommand(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "delete a command")
        let usual = configuration.commandTimeout
        _ = try changeCommand(context, kind: "command.deleted") { queue, id throws(QueueRefusal) in
            try queue.delete(id, at: context.time, usualTimeout: usual)
        }
        return .noContent
    }

    /// Changes the command in the path; the answer is what it is then.
    private func changeCommand(
        _ context: RequestContext, kind: String,
        _ body: @escaping @Sendable (inout DeviceQueue, DeviceUUID) throws(QueueRefusal) -> Void
    ) throws -> ServiceResponse {
        let id = try commandID(context)
        let queue = try change(try device(context), context, kind: kind, id) { queue throws(QueueRefusal) in
            try body(&queue, id)
        }
        return ServiceResponse(
            json: queue.command(id).map { resource($0, at: context.time).json } ?? .object([:]))
    }

    func commandID(_ context: RequestContext) throws -> DeviceUUID {
        guard let id = try? DeviceUUID(text: context.parameter(1)) else { throw Refusal.unknownCommand }
        return id
    }

    /// An operator's change of one queue, with its event.
    @discardableResult
    func change(
        _ device: DeviceUUID, _ context: RequestContext, kind: String, _ command: DeviceUUID?,
        _ body: @escaping @Sendable (inout DeviceQueue) throws(QueueRefusal) -> Void
    ) throws -> DeviceQueue {
        try store.write { tables in
            let claim = try Self.claim(of: device, context, tables)
            let old = try tables.queue(of: claim)
            var queue = old
            do throws(QueueRefusal) {
                try body(&queue)
            } catch {
                throw Self.refusal(error)
            }
            try tables.save(queue, over: old, ofClaim: claim.number)
            var detail = JSONObject()
            detail["command"] = command.map { .string($0.description) }
            try tables.note(
                EventRow(
                    at: context.time, team: claim.team, claim: claim.number, device: device,
                    actor: context.actor, kind: kind, detail: detail))
            return queue
        }
    }

    static func refusal(_ refusal: QueueRefusal) -> Refusal {
        switch refusal {
        case .unknownCommand: .unknownCommand
        case .knownCommand: Refusal(409, "command-known", "a command with this id is there already")
        case .full:
            Refusal(
                409, "command-limit",
                "expected at most \(DeviceQueue.limit) commands of one device, found them there: delete some first"
            )
        case .wrongState(let status, let allowed):
            Refusal(
                409, "command-state",
                "expected a command that is \(allowed.map(\.rawValue).joined(separator: " or ")), found "
                    + status.rawValue)
        }
    }
}
