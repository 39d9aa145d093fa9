import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import Ledger
import Registry

/// What an entry of the audit chain says, read back.
enum EventBody: Equatable {
    /// Entries from before schema version 3 say nothing of device and attestation.
    struct Origin: Equatable {
        let device: DeviceUUID?
        let attestation: AttestationEvidence?
    }

    struct Issue: Equatable {
        let authority: [UInt8]
        let profile: String
        let serial: [UInt8]
        let request: [UInt8]
        let fingerprint: [UInt8]
        let origin: Origin?
    }

    case issue(Issue)
    case revoke(authority: [UInt8], serial: [UInt8], reason: Int64)
    case trust(device: DeviceUUID, keyID: [UInt8], isTrusted: Bool)
    /// Entries from before schema version 5 say nothing of the times.
    case revocationList(authority: [UInt8], number: Int64, digest: [UInt8], row: RevocationListRow?)
    case reissue(serial: [UInt8], replaced: [UInt8])
    case device(DeviceEntry)
    case remove(DeviceUUID)
    case nonces(count: Int64, digest: [UInt8])
    case pin(last: Int64, digest: [UInt8])
    case clock

    /// Whether it is about what a store alone has.
    var isOfRegistry: Bool {
        switch self {
        case .trust, .device, .remove, .nonces: true
        case .issue, .revoke, .revocationList, .reissue, .pin, .clock: false
        }
    }

    /// - Throws: ``ToolError`` with code `json` when it is none of them.
    init(_ text: String) throws(ToolError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw error.toolError
        }
        let node = JSONNode(value)
        switch try node.member("kind").string() {
        case "issue": self = .issue(try Issue(node))
        case "revoke":
            self = .revoke(
                authority: try node.octets("authority"), serial: try node.octets("serial"),
                reason: try node.member("reason").integer())
        case "reissue":
            self = .reissue(serial: try node.octets("serial"), replaced: try node.octets("replaces"))
        case "trust":
            self = .trust(
                device: try DeviceUUID(text: try node.member("deviceUuid").string()),
                keyID: try node.octets("kid"), isTrusted: try node.member("trust").string() == "trusted")
        case "device": self = .device(try DeviceEntry(node))
        case "remove":
            self = .remove(try DeviceUUID(text: try node.member("deviceUuid").string()))
        case "nonces":
            self = .nonces(count: try node.member("count").integer(), digest: try node.octets("sha256"))
        case "crl": self = try Self.revocationList(node)
        case "pin":
            self = .pin(last: try node.member("last").integer(), digest: try node.octets("sha256"))
        case "clock": self = .clock
        default:
            throw node.error(
                "expected issue, reissue, revoke, crl, trust, device, remove, nonces, pin or clock as kind")
        }
    }

    private static func revocationList(_ node: JSONNode) throws(ToolError) -> EventBody {
        let authority = try node.octets("authority")
        let number = try node.member("number").integer()
        let digest = try node.octets("sha256")
        let times = try node.optionalMember("thisUpdate").map { this throws(ToolError) in
            (this: try this.integer(), next: try node.member("nextUpdate").integer())
        }
        return .revocationList(
            authority: authority, number: number, digest: digest,
            row: times.map {
                RevocationListRow(
                    authority: authority, number: number, thisUpdate: $0.this, nextUpdate: $0.next,
                    digest: digest)
            })
    }
}

extension EventBody.Issue {
    init(_ node: JSONNode) throws(ToolError) {
        authority = try node.octets("authority")
        profile = try node.member("profile").string()
        serial = try node.octets("serial")
        request = try node.octets("csrSha256")
        fingerprint = try node.octets("fingerprintSha256")
        origin = try EventBody.Origin(node)
    }
}

extension EventBody.Origin {
    init?(_ node: JSONNode) throws(ToolError) {
        guard let device = node.value["deviceUuid"] else { return nil }
        let attestation = try node.member("attestation")
        var evidence: AttestationEvidence?
        if attestation.value != .null {
            guard let profile = SigningProfile(rawValue: try attestation.member("profile").string()) else {
                throw attestation.error("expected the signing profile bound or plain")
            }
            evidence = AttestationEvidence(profile: profile, keyID: try attestation.octets("kid"))
        }
        self.init(
            device: device == .null ? nil : try DeviceUUID(text: try node.member("deviceUuid").string()),
            attestation: evidence)
    }
}

extension JSONNode {
    /// The octets of a member in hex.
    func octets(_ name: String) throws(ToolError) -> [UInt8] {
        let member = try member(name)
        guard let bytes = Hex.decode(try member.string()) else { throw member.error("expected hex") }
        return bytes
    }
}
