import DeviceIdentity
import Diagnostics
import JSON
import JWT
import OpenSSL
import ProvisioningAPI
import ProvisioningCommands
import ProvisioningState
import ServiceStore

extension ProvisioningService {
    // MARK: Who asks

    /// The longest JWT, in octets; a device's has about 400.
    private static let longestJWT = 4096

    /// The device whose key signed the JWT; it may be unclaimed.
    func authenticateDevice(jwt: [UInt8], at time: Int64) throws -> AuthenticatedDevice {
        guard jwt.count <= Self.longestJWT, let token = try? UnverifiedJWT(jwt[...]),
            token.claims["iss"] != nil, let device = token.claimedDevice
        else { throw DeviceRefusal.badCredentials }
        if registry.learnsKeys, try registry.key(of: device) == nil,
            try store.read({ try $0.claim(of: device) }) != nil
        {
            _ = try registry.learn(token, of: device, at: time)
        }
        guard try registry.key(of: device) != nil else {
            try refuse(device, "unknown-key")
            throw DeviceRefusal.unclaimed
        }
        switch try registry.verify(token, at: time) {
        case .verified: return AuthenticatedDevice(verified: device)
        case .rejected(let failures, _):
            // Times alone are wrong: the device is who it says, and its clock is worth a word.
            if failures.allSatisfy({ [.jwtExpired, .jwtNotYetValid].contains($0.code) }),
                let code = failures.first?.code.rawValue
            {
                try refuse(device, code)
            }
            throw DeviceRefusal.badCredentials
        }
    }

    /// Keeps why a claimed device does not get in.
    private func refuse(_ device: DeviceUUID, _ reason: String) throws {
        guard let claim = try store.read({ try $0.claim(of: device) }), claim.lastRefusal != reason else {
            return
        }
        try store.write { try $0.refuse(device, reason: reason) }
    }

    // MARK: Fetch

    /// The CBOR of the commands that are handed out now; nil for none.
    func fetch(_ device: AuthenticatedDevice, _ query: DeviceQuery, at time: Int64) throws -> [UInt8]? {
        let device = device.uuid
        // The fetch is refused and never the report, whose results would be lost.
        if let wait = deviceRates.wait(device.description, at: time) {
            try refuse(device, "throttled")
            throw DeviceRefusal.overloaded(retryAfter: UInt32(clamping: wait))
        }
        // What was interrupted between a report and its answer.
        try followUp(device, at: time)
        let commands = try store.write { tables -> [DeviceCommand]? in
            guard let claim = try tables.claim(of: device) else { return nil }
            try tables.see(claim.number, at: time, limits: query.text)
            let old = try tables.queue(of: claim)
            var queue = old
            let limits = query.limits(kept: claim.lastLimits)
            let delivery = queue.fetch(try self.terms(claim, limits, time, tables))
            try tables.save(queue, over: old, ofClaim: claim.number)
            try Self.note(delivery, queue, claim, time, tables)
            return delivery.records
        }
        guard let commands else { throw DeviceRefusal.unclaimed }
        // Never the empty array: a device takes it for a broken answer.
        guard !commands.isEmpty else { return nil }
        metrics.count(delivered: commands.count)
        return DeviceMessage.commands(commands).cbor
    }

    /// What a fetch of this device depends on; look-ahead asks the same.
    func terms(
        _ claim: ClaimRow, _ limits: BatchLimits, _ time: Int64, _ tables: ServiceTables
    ) throws -> FetchTerms {
        let number = claim.number
        let device = claim.device
        return FetchTerms(
            limits: limits,
            rules: try tables.rules(forClaim: claim, isActive: true).map {
                ActiveRule(id: $0.id, commands: $0.commands)
            }, onFailure: configuration.onFailure.queueRule, completesRules: true,
            time: time, commandID: { rule, place in Self.commandID(device, number, rule, place) })
    }

    /// The id of a command of a rule: a UUID (RFC 9562 version 8) of what it is for.
    private static func commandID(
        _ device: DeviceUUID, _ claim: Int64, _ rule: String, _ place: Int
    ) -> DeviceUUID {
        derivedID("assay rule command|\(device)|\(claim)|\(rule)|\(place)")
    }

    /// A UUID (RFC 9562 version 8) that follows from what it is for: made again it is the same.
    static func derivedID(_ text: String) -> DeviceUUID {
        var octets = Array(Digest.sha256(Array(text.utf8)).prefix(16))
        if octets.count == 16 {
            octets[6] = octets[6] & 0x0f | 0x80
            octets[8] = octets[8] & 0x3f | 0x80
        }
        guard let id = DeviceUUID(bytes: octets[...]) else {
            preconditionFailure("a SHA-256 has 32 octets")
        }
        return id
    }

    private static func note(
        _ delivery: Delivery, _ queue: DeviceQueue, _ claim: ClaimRow, _ time: Int64, _ tables: ServiceTables
    ) throws {
        func note(_ kind: String, _ actor: String, _ detail: JSONObject) throws {
            try tables.note(
                EventRow(
                    at: time, team: claim.team, claim: claim.number, device: claim.device, actor: actor,
                    kind: kind, detail: detail))
        }
        for rule in delivery.appliedRules { try note("rule.applied", "service", ["rule": .string(rule)]) }
        for id in delivery.undeliverable {
            guard case .undeliverable(let reason)? = queue.command(id)?.result else { continue }
            try note(
                "command.undeliverable", "service",
                ["command": .string(id.description), "reason": .string(reason)])
        }
        guard !delivery.delivered.isEmpty else { return }
        let ids = delivery.delivered.map { JSONValue.string($0.description) }
        try note("commands.delivered", "device", ["commands": .array(ids)])
    }

    // MARK: Report

    /// Keeps what became of commands; returns when it is on disk.
    func report(_ device: AuthenticatedDevice, _ body: [UInt8], at time: Int64) throws {
        guard case .responses(let responses)? = try? DeviceMessage(cbor: body) else {
            throw DeviceRefusal.badRequest
        }
        let device = device.uuid
        let rule = configuration.onFailure.queueRule
        let isClaimed = try store.write { tables -> Bool in
            guard let claim = try tables.claim(of: device) else { return false }
            try tables.see(claim.number, at: time, limits: nil)
            let old = try tables.queue(of: claim)
            var queue = old
            // Without a CA the device waits for one, and a diagnosis says so.
            let outcome = queue.report(responses, at: time, onFailure: rule, completesRules: true)
            // Also under the rule that empties the queue it has to be known why it is empty.
            try Self.note(outcome, responses, queue, old, claim, time, tables)
            try tables.save(queue, over: old, ofClaim: claim.number)
            return true
        }
        guard isClaimed else { throw DeviceRefusal.unclaimed }
        metrics.count(reported: responses.count)
        // The results are kept: whatever becomes of this, the report succeeds and the next fetch goes on.
        do { try followUp(device, at: time) } catch { note(error) }
    }

    private static func note(
        _ outcome: ReportOutcome, _ responses: [DeviceResponse], _ queue: DeviceQueue, _ old: DeviceQueue,
        _ claim: ClaimRow, _ time: Int64, _ tables: ServiceTables
    ) throws {
        guard !outcome.succeeded.isEmpty || !outcome.failed.isEmpty else { return }
        var detail = JSONObject()
        if !outcome.succeeded.isEmpty {
            detail["succeeded"] = .array(outcome.succeeded.map { .string($0.description) })
        }
        if let id = outcome.failed.first {
            let error = responses.lazy.compactMap { response -> String? in
                guard DeliveryID(response.correlationID)?.command == id else { return nil }
                guard case .error(let cme, let message) = response.result else { return nil }
                return "CME \(cme)" + (message.isEmpty ? "" : ": \(message)")
            }.first
            let kind = old.command(id)?.command.request.description ?? "a command"
            let text = "\(kind) failed" + (error.map { " with \($0)" } ?? "")
            detail["failed"] = .string(id.description)
            detail["reason"] = .string(text)
            try tables.noteFailure(text, ofClaim: claim.number)
        }
        try tables.note(
            EventRow(
                at: time, team: claim.team, claim: claim.number, device: claim.device, actor: "device",
                kind: "commands.reported", detail: detail))
    }
}

extension ServiceConfiguration.FailureRule {
    var queueRule: DeviceQueue.FailureRule {
        switch self {
        case .suspend: .suspend
        case .clear: .clear
        }
    }
}
