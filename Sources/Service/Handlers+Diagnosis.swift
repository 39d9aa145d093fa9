import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningAPI
import ProvisioningCommands
import ProvisioningState
import Registry
import ServiceStore
import Store

extension ProvisioningService {
    /// Why a device is not provisioned; also of a device that is not the team's.
    func diagnose(_ context: RequestContext) throws -> ServiceResponse {
        guard let device = try? DeviceUUID(text: context.parameter(0)) else { throw Refusal.unknownDevice }
        let record = try registry.device(device)
        return try store.read { tables in
            let claim = try tables.claim(of: device)
            if let claim, claim.team == context.key.team,
                !Self.visibleRoles(to: context.key.role).contains(claim.claimedRole)
            {
                throw Refusal.unknownDevice
            }
            let isOurs = claim?.team == context.key.team
            let diagnosis = try diagnosis(claim, isOurs: isOurs, record, context.time, tables)
            return ServiceResponse(
                json: diagnosis.json(
                    device: device.description, status: isOurs ? claim?.status.rawValue : nil))
        }
    }

    /// The first thing that stands in the way.
    private func diagnosis(
        _ claim: ClaimRow?, isOurs: Bool, _ record: DeviceRecord?, _ time: Int64, _ tables: ServiceTables
    ) throws -> Diagnosis {
        if let claim, !isOurs {
            return Diagnosis(
                .claimedElsewhere, "another team has claimed device \(claim.device)",
                "have it unclaimed there, then claim it")
        }
        guard let key = record?.key else {
            return Diagnosis(
                .keyUnknown,
                "the registry has no identity key of this device, so nothing of it can be verified",
                "import the key of the device into the registry")
        }
        guard configuration.learnKeys || key.identity.trust != .observed else {
            return Diagnosis(
                .keyUntrusted, "the identity key of this device was only observed in its own signatures",
                "confirm the key in the registry")
        }
        guard let claim else {
            return Diagnosis(
                .unclaimed, "nobody has claimed this device", "claim it with its attestation token")
        }
        return try diagnosis(of: claim, time, tables)
    }

    private func diagnosis(
        of claim: ClaimRow, _ time: Int64, _ tables: ServiceTables
    ) throws -> Diagnosis {
        if claim.isBlocked {
            return Diagnosis(
                .blocked, "the device is blocked: nothing new is handed out", "unblock it")
        }
        let limits = try? DeviceQuery(claim.lastLimits, headSize: configuration.deviceHeadLimit)
        let ahead = try lookAhead(
            at: claim,
            limits?.limits()
                ?? BatchLimits(
                    limit: nil, rxMaxSize: nil, txMaxSize: nil, headSize: configuration.deviceHeadLimit),
            time, tables)
        let queue = try tables.queue(of: claim)
        if let standing = Self.standing(claim, queue, ahead, hasAuthority: hasAuthority) { return standing }
        if let refusal = Self.refusal(claim) { return refusal }
        let hasWork = !ahead.delivery.records.isEmpty
        if claim.lastSeenAt == nil {
            return Diagnosis(
                .neverSeen, "the device has not asked since it was claimed",
                "let it connect: restart it, or run its provisioning now; check host name, port and root CA in it"
            )
        }
        if let open = queue.commands.first(where: { $0.status == .inProgress }) {
            return unanswered(open, time)
        }
        if hasWork {
            return Diagnosis(
                .waiting, "\(ahead.delivery.delivered.count) commands are handed out when the device asks",
                "wait for its next interval, or let it connect now")
        }
        if claim.phase == .provisioned {
            return Diagnosis(.provisioned, "the device is provisioned", "nothing is to be done")
        }
        return try idle(claim, ahead.queue, tables)
    }

    /// A device fetched a command, and no result came.
    private func unanswered(_ command: QueuedCommand, _ time: Int64) -> Diagnosis {
        let times = command.attempts == 1 ? "once" : "\(command.attempts) times"
        let what = "the device fetched \(command.command.request) \(times) and has not reported a result"
        let usual = configuration.commandTimeout
        guard command.isOverdue(at: time, usual: usual), let started = command.startedAt else {
            return Diagnosis(
                .unanswered, what,
                "it is handed out again when the device asks; if that goes on, look at its log",
                command: command.id.description)
        }
        return Diagnosis(
            .overdue,
            what
                + " for \(max(0, time.subtractingReportingOverflow(started).partialValue)) s, its time-out being "
                + "\(command.timeout ?? usual) s",
            "look at the device's log: it is off line, starts anew while it executes, or has no room for its answers; "
                + "the command can be skipped or deleted now",
            command: command.id.description)
    }

    private static func refusal(_ claim: ClaimRow) -> Diagnosis? {
        switch claim.lastRefusal {
        case ErrorCode.jwtExpired.rawValue?, ErrorCode.jwtNotYetValid.rawValue?:
            Diagnosis(
                .clock, "the device's last JWT was out of its time (\(claim.lastRefusal ?? ""))",
                "check the clock of the device, which is the network's, and that of this machine")
        case "throttled"?:
            Diagnosis(
                .throttled, "the device asked too often and was told to wait",
                "it comes back by itself; if that goes on, look for a restart loop in it")
        default: nil
        }
    }

    /// What makes the queue stand still.
    private static func standing(
        _ claim: ClaimRow, _ queue: DeviceQueue, _ ahead: LookAhead, hasAuthority: Bool
    ) -> Diagnosis? {
        if let failed = ahead.queue.suspendedBy {
            let command = failed.id.description
            switch failed.result {
            case .undeliverable(let reason)?:
                return Diagnosis(
                    .tooLarge, "\(failed.command.request) does not fit the device: \(reason)",
                    "skip or update the command, or build the device with larger buffers", command: command)
            case .refused(let reason)?:
                return Diagnosis(
                    .certificateRefused, "the CA gave no certificate for the device's key: \(reason)",
                    "mend what it says, then retry the command, which makes a new key", command: command)
            case .failed(let cme, let message)?:
                let meaning = CMEError.meaning(cme).map { " (\($0))" } ?? ""
                return Diagnosis(
                    .suspended,
                    "\(failed.command.request) failed with CME \(cme)\(meaning)"
                        + (message.isEmpty ? "" : ": \(message.escapedForTerminal)"),
                    "update, retry or skip the command; all after it waits", command: command)
            default:
                return Diagnosis(
                    .suspended, "\(failed.command.request) failed", "update, retry or skip the command",
                    command: command)
            }
        }
        if let waiting = queue.commands.first(where: \.needsFollowUp), !hasAuthority {
            return Diagnosis(
                .noAuthority, "the device's request for a certificate is here, and no CA to sign it",
                "start the service with a CA", command: waiting.id.description)
        }
        if claim.phase == .error, let failure = claim.lastFailure {
            return Diagnosis(
                .cleared, "\(failure.escapedForTerminal), and the queue was emptied", "add the commands anew")
        }
        return nil
    }

    /// Nothing to hand out, and not provisioned.
    private func idle(_ claim: ClaimRow, _ queue: DeviceQueue, _ tables: ServiceTables) throws -> Diagnosis {
        if queue.commands.contains(where: { $0.status == .succeeded }) {
            return Diagnosis(
                .notFinished, "all commands are done, and none was 'finished'",
                "add what is still missing, then the command 'finished'")
        }
        if try tables.tags(ofClaim: claim.number).isEmpty {
            return Diagnosis(
                .noTag, "the device is in no group and has no commands",
                "give it a tag that a rule has, or add commands")
        }
        if let draft = try tables.rules(forClaim: claim, isActive: false).first {
            return Diagnosis(
                .ruleDraft, "rule '\(draft.name.escapedForTerminal)' has a tag of the device and is a draft",
                "activate the rule")
        }
        return Diagnosis(
            .noRule, "no rule in force that the device has not had has one of its tags",
            "make a rule for one of its tags, or add commands")
    }
}
