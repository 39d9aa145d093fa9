import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX
import ProvisioningCommands
import ProvisioningState
import ServiceStore

/// Auto-onboarding: a rule's `cloudAccessKeyGeneration` is answered with the device's certificate and
/// `finished`.
extension ProvisioningService {
    var hasAuthority: Bool { certificates != nil }

    /// Does what is owed for the results of one device. What was interrupted is done at the device's next
    /// request: that it is owed stands in the store, and the ledger gives the same certificate again.
    func followUp(_ device: DeviceUUID, at time: Int64) throws {
        guard let certificates else { return }
        let owed = try store.read { tables -> [QueuedCommand] in
            guard let claim = try tables.claim(of: device), try tables.owesFollowUp(claim.number) else {
                return []
            }
            return try tables.queue(of: claim).commands.filter(\.needsFollowUp)
        }
        for command in owed {
            do {
                let pem = try Self.certificate(for: command, of: device, certificates, at: time)
                try append(pem, to: command, of: device, at: time)
            } catch let rejection as DeviceCertificates.Rejection {
                try refuse(command, of: device, rejection.message, at: time)
            }
        }
    }

    private static func certificate(
        for command: QueuedCommand, of device: DeviceUUID, _ certificates: DeviceCertificates, at time: Int64
    ) throws -> String {
        guard case .succeeded(let message?)? = command.result else {
            throw DeviceCertificates.Rejection(message: "expected a %KEYGEN answer, found none")
        }
        let token: AttestationToken
        do throws(TokenError) {
            token = try AttestationToken(Array(message.utf8)[...])
        } catch {
            throw DeviceCertificates.Rejection(message: "the %KEYGEN answer: \(error.message)")
        }
        let der = try certificates.certificate(for: token, of: device, at: time)
        return String(decoding: PEMWriter.encode(label: "CERTIFICATE", der: der), as: UTF8.self)
    }

    private func append(
        _ pem: String, to command: QueuedCommand, of device: DeviceUUID, at time: Int64
    ) throws {
        guard let tag = command.command.request.secTag, let rule = command.origin.rule else { return }
        let requests: [CommandRequest] = [.clientCertificate(tag, content: pem), .finished]
        let added = requests.enumerated().map { place, request in
            QueuedCommand(
                id: Self.derivedID("assay follow-up|\(device)|\(command.id)|\(command.attempts)|\(place)"),
                command: ProvisioningCommand(request), origin: .followUp(rule: rule), createdAt: time)
        }
        try changeByService(device, at: time, kind: "certificate.appended", command.id) { queue in
            queue.followUp(command.id, with: added)
        }
    }

    private func refuse(
        _ command: QueuedCommand, of device: DeviceUUID, _ reason: String, at time: Int64
    ) throws {
        let rule = configuration.onFailure.queueRule
        try changeByService(device, at: time, kind: "certificate.refused", command.id, reason) { queue in
            queue.refuseFollowUp(command.id, reason: reason, at: time, onFailure: rule)
            return true
        }
    }

    private func changeByService(
        _ device: DeviceUUID, at time: Int64, kind: String, _ command: DeviceUUID, _ reason: String? = nil,
        _ body: @escaping @Sendable (inout DeviceQueue) -> Bool
    ) throws {
        try store.write { tables in
            guard let claim = try tables.claim(of: device) else { return }
            let old = try tables.queue(of: claim)
            var queue = old
            guard body(&queue) else { return }
            try tables.save(queue, over: old, ofClaim: claim.number)
            if let reason { try tables.noteFailure("no certificate: " + reason, ofClaim: claim.number) }
            var detail: JSONObject = ["command": .string(command.description)]
            detail["reason"] = reason.map { .string($0) }
            try tables.note(
                EventRow(
                    at: time, team: claim.team, claim: claim.number, device: device, actor: "service",
                    kind: kind, detail: detail))
        }
    }
}
