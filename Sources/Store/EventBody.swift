import Attestation
import DeviceIdentity
import Diagnostics
import JSON

/// What an entry of the audit chain says, read back.
enum EventBody: Equatable {
    /// Entries of before schema version 3 say nothing of device and attestation.
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
    case revocationList(authority: [UInt8], number: Int64, digest: [UInt8])

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
        case "issue":
            self = .issue(
                Issue(
                    authority: try Self.octets(node, "authority"),
                    profile: try node.member("profile").string(),
                    serial: try Self.octets(node, "serial"), request: try Self.octets(node, "csrSha256"),
                    fingerprint: try Self.octets(node, "fingerprintSha256"),
                    origin: try Self.origin(node)))
        case "revoke":
            self = .revoke(
                authority: try Self.octets(node, "authority"), serial: try Self.octets(node, "serial"),
                reason: try node.member("reason").integer())
        case "trust":
            self = .trust(
                device: try DeviceUUID(text: try node.member("deviceUuid").string()),
                keyID: try Self.octets(node, "kid"),
                isTrusted: try node.member("trust").string() == "trusted")
        case "crl":
            self = .revocationList(
                authority: try Self.octets(node, "authority"), number: try node.member("number").integer(),
                digest: try Self.octets(node, "sha256"))
        default: throw node.error("expected issue, revoke, trust or crl as kind")
        }
    }

    private static func origin(_ node: JSONNode) throws(ToolError) -> Origin? {
        guard let device = node.value["deviceUuid"] else { return nil }
        let attestation = try node.member("attestation")
        var evidence: AttestationEvidence?
        if attestation.value != .null {
            guard let profile = SigningProfile(rawValue: try attestation.member("profile").string()) else {
                throw attestation.error("expected the signing profile bound or plain")
            }
            evidence = AttestationEvidence(profile: profile, keyID: try octets(attestation, "kid"))
        }
        return Origin(
            device: device == .null ? nil : try DeviceUUID(text: try node.member("deviceUuid").string()),
            attestation: evidence)
    }

    private static func octets(_ node: JSONNode, _ name: String) throws(ToolError) -> [UInt8] {
        let member = try node.member(name)
        guard let bytes = Hex.decode(try member.string()) else { throw member.error("expected hex") }
        return bytes
    }
}
