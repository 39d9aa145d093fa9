import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningAPI
import Registry
import ServiceStore
import Store

/// A token that may claim its device.
struct ClaimCandidate: Sendable {
    let device: DeviceUUID
    let deviceType: Int64
    let firmware: DeviceUUID
}

/// What became of a claim.
enum ClaimOutcome: Sendable {
    case made(ClaimRow)
    /// The team has it already: as it is, so that a repeated request succeeds.
    case present(ClaimRow, tags: [String])
}

extension ProvisioningService {
    func claim(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "claim a device")
        switch try BodyKind(context.request) {
        case .json: return try claimOne(context)
        case .csv: return try claimMany(context)
        }
    }

    private func claimOne(_ context: RequestContext) throws -> ServiceResponse {
        let body = try context.body { json throws(ToolError) in try ClaimBody(json: json) }
        let candidate = try examine(body.claimToken)
        if try context.isDryRun() {
            _ = try store.read { try Self.checkClaimable(candidate.device, context, $0) }
            return ServiceResponse(json: .object([:]), status: 202)
        }
        let outcome = try store.write { tables in try Self.enter(candidate, body.tags, context, tables) }
        switch outcome {
        case .made(let claim):
            return ServiceResponse(json: try resource(claim, tags: body.tags).json, status: 201)
        case .present(let claim, let tags):
            var response = ServiceResponse(json: try resource(claim, tags: tags).json, status: 201)
            response.headers.append((name: "Assay-Claim", value: "repeated"))
            return response
        }
    }

    /// What a token says if it is one that claims: an attestation token under the identity key of its device.
    func examine(_ text: String) throws -> ClaimCandidate {
        let token: AttestationToken
        do {
            token = try AttestationToken(Array(text.utf8)[...])
        } catch {
            throw Refusal(400, error.code.rawValue, "claimToken: \(error.message)")
        }
        guard case .identity(let message) = token.content else {
            throw Refusal(
                400, "token-format",
                "claimToken: expected an attestation token (AT%ATTESTTOKEN), found a %KEYGEN answer")
        }
        if registry.learnsKeys, try registry.key(of: message.deviceUUID) == nil {
            // On a bench the first who claims is believed; the device's first JWT shows whether it is the
            // same signer.
            if case .rejected(let failure)? = try registry.learn(
                token, Array(text.utf8), at: configuration.clock())
            {
                throw Refusal(400, failure.code.rawValue, "claimToken: \(failure.message)")
            }
        } else if case .rejected(let failures) = try registry.verify(token) {
            let failure = failures.first ?? CheckFailure(.signature, "the token does not verify")
            throw Refusal(400, failure.code.rawValue, "claimToken: \(failure.message)")
        }
        return ClaimCandidate(
            device: message.deviceUUID, deviceType: Int64(clamping: message.deviceType.code),
            firmware: message.firmwareUUID)
    }

    /// The claim of this device if it is the asker's already; nil if nobody has it.
    @discardableResult
    static func checkClaimable(
        _ device: DeviceUUID, _ context: RequestContext, _ tables: ServiceTables
    ) throws -> ClaimRow? {
        guard let claim = try tables.claim(of: device) else { return nil }
        guard claim.team == context.key.team else {
            throw Refusal(
                409, "claimed-elsewhere",
                "device \(device) is claimed by another team, which has to unclaim it first")
        }
        guard visibleRoles(to: context.key.role).contains(claim.claimedRole) else {
            throw Refusal(
                409, "already-claimed",
                "device \(device) is claimed by your team already, by a role whose devices yours does not see"
            )
        }
        return claim
    }

    static func enter(
        _ candidate: ClaimCandidate, _ tags: [String], _ context: RequestContext, _ tables: ServiceTables
    ) throws -> ClaimOutcome {
        if let claim = try checkClaimable(candidate.device, context, tables) {
            return .present(claim, tags: try tables.tags(ofClaim: claim.number))
        }
        let claim = ClaimRow(
            device: candidate.device, team: context.key.team, claimedAt: context.time,
            claimedRole: context.key.role, deviceType: candidate.deviceType, firmware: candidate.firmware)
        let number = try tables.add(claim)
        try tables.setTags(tags, ofClaim: number)
        try enterTags(tags, context, tables)
        try tables.note(
            EventRow(
                at: context.time, team: context.key.team, claim: number, device: candidate.device,
                actor: context.actor, kind: "device.claimed",
                detail: [MemberName.tags: .array(tags.map { .string($0) })]))
        return .made(claim)
    }
}

/// What a body is, by its type, or by its first character where the type does not say.
enum BodyKind {
    case json, csv

    init(_ request: ServiceRequest) throws {
        let type = request.header("Content-Type").map { header in
            header.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
        }
        switch type {
        case "application/json"?: self = .json
        case "text/csv"?: self = .csv
        // Clients of the vendor send none with a bulk claim.
        case nil, "text/plain"?, "application/octet-stream"?, "application/x-www-form-urlencoded"?, "*/*"?:
            let first = request.body.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
            self = first == UInt8(ascii: "{") ? .json : .csv
        default:
            throw Refusal(
                415, "content-type", "expected application/json or text/csv, found another content type")
        }
    }
}
