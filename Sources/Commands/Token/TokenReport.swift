import Attestation
import Batches
import COSE
import CommandLineSupport
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX

/// The result for one input, `assay.token/1`.
struct TokenReport: VerdictReport {
    let location: InputLocation
    var token: AttestationToken?
    var verdict: Verdict
    var profile: SigningProfile?
    var key: IdentityKey?
    /// Whether the CSR's own signature verified; `nil` where it was not checked.
    var selfSignature: Bool?
    var failures: [CheckFailure] = []
    /// The text of the token, only with `--reveal`.
    var revealed: ArraySlice<UInt8>?

    /// Whether padding was accepted, which the run says at its end.
    var remarks: Int { token?.hadPadding == true ? 1 : 0 }

    /// A verified token whose nonce was used before: not fresh, so rejected.
    mutating func refuseReuse() {
        verdict = .rejected
        profile = nil
        failures = [.init(.nonceReused, "the nonce of this token was accepted before")]
    }

    // MARK: JSON

    func write(json writer: inout JSONWriter) {
        writer.beginResult("assay.token/1", location)
        if let revealed {
            writer.member("token", asciiBytes: revealed)
        }
        if let token { Self.write(token, selfSignature, &writer) }
        writer.member("verdict", verdict.rawValue)
        if let profile {
            writer.member("profile", profile.rawValue)
        }
        if let key {
            writer.identityKey(kid: key.publicKey.kid, trust: key.trust.rawValue)
        }
        writer.endResult(failures)
    }

    private static func write(_ token: AttestationToken, _ selfSignature: Bool?, _ writer: inout JSONWriter) {
        writer.member("kind", token.kindName)
        writer.member("deviceUuid", asciiBytes: token.deviceUUID.textBytes)
        if case .identity(let message) = token.content {
            writer.key("deviceType")
            writer.beginObject()
            writer.member("code", message.deviceType.code)
            writer.member("name", message.deviceType.description)
            writer.endObject()
            writer.member("firmwareUuid", asciiBytes: message.firmwareUUID.textBytes)
        }
        writer.member("nonce", hex: token.nonce)
        if let message = token.keyMessage {
            let actual = token.actualDigest
            writer.member("secTag", UInt64(message.secTag.rawValue))
            writer.key("digest")
            writer.beginObject()
            writer.member("attested", hex: message.digest)
            writer.member("actual", hex: actual)
            writer.member("matches", message.digest == actual)
            writer.endObject()
        }
        switch token.content {
        case .identity: break
        case .certificationRequest(_, let request): write(request, selfSignature, &writer)
        case .publicKey(_, let key):
            writer.member("publicKeyPem", PEMText.publicKey(key.der))
        }
        write(token.cose, token.keyRole, &writer)
    }

    private static func write(
        _ request: CertificationRequest, _ selfSignature: Bool?, _ writer: inout JSONWriter
    ) {
        writer.key("csr")
        writer.beginObject()
        writer.member("subject", request.subject.description)
        writer.member("publicKeyPem", PEMText.publicKey(request.publicKey.der))
        writer.member("pem", PEMText.request(request.der))
        if let selfSignature {
            writer.member("selfSignature", selfSignature ? "valid" : "invalid")
        }
        writer.key("quirks")
        writer.beginArray()
        for quirk in request.quirks { writer.string(quirk.rawValue) }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ cose: COSESign1, _ role: KeyRole, _ writer: inout JSONWriter) {
        writer.key("cose")
        writer.beginObject()
        if let algorithm = cose.algorithm {
            writer.member("algorithm", COSEAlgorithm(rawValue: algorithm)?.name ?? String(algorithm))
        }
        writer.member("kid", role.kid)
        writer.member("keyRole", role.name)
        writer.member("signature", hex: cose.bytes[cose.signature])
        writer.endObject()
    }

    // MARK: Text

    var text: [UInt8] {
        var block = TextBlock(of: location)
        if let revealed { block.line("token", String(decoding: revealed, as: UTF8.self)) }
        if let token { Self.lines(of: token, selfSignature, &block) }
        block.line("verdict", verdict.rawValue)
        if let profile { block.line("profile", profile.rawValue) }
        if let key { block.line("key", "\(Hex.encode(key.publicKey.kid)) (\(key.trust.rawValue))") }
        return block.ended(by: failures)
    }

    private static func lines(of token: AttestationToken, _ selfSignature: Bool?, _ block: inout TextBlock) {
        block.line("kind", token.kindName)
        block.line("device UUID", token.deviceUUID.description)
        if case .identity(let message) = token.content {
            block.line("device type", "\(message.deviceType) (\(message.deviceType.code))")
            block.line("firmware UUID", message.firmwareUUID.description)
        }
        block.line("nonce", Hex.encode(token.nonce))
        if let message = token.keyMessage {
            block.line("security tag", message.secTag.description)
            block.line(
                "digest",
                message.digest == token.actualDigest
                    ? "matches the first part" : "does not match the first part")
        }
        switch token.content {
        case .identity: break
        case .certificationRequest(_, let request):
            block.line("CSR subject", request.subject.description)
            if let selfSignature { block.line("CSR self-signature", selfSignature ? "valid" : "invalid") }
            if !request.quirks.isEmpty {
                block.line("CSR quirks", request.quirks.map(\.rawValue).joined(separator: ", "))
            }
        case .publicKey(_, let key): block.line("public key", Hex.encode(key.der))
        }
        let algorithm = token.cose.algorithm.map { COSEAlgorithm(rawValue: $0)?.name ?? String($0) }
        block.line(
            "signed with", "\(algorithm ?? "no algorithm"), kid \(token.keyRole.kid) (\(token.keyRole.name))")
    }
}

extension TokenReport {
    /// Of a source that cannot be read.
    init(unreadable error: ToolError, _ source: SourceName) {
        self.init(
            location: InputLocation(source, line: 1), verdict: .malformed,
            failures: [.init(error.code, error.message)])
    }
}

extension AttestationToken {
    /// The `kind` of results.
    var kindName: String {
        switch content {
        case .identity: "attestation"
        case .certificationRequest: "csr"
        case .publicKey: "publicKey"
        }
    }
}

/// PEM as text.
enum PEMText {
    static func publicKey(_ der: [UInt8]) -> String { text("PUBLIC KEY", der) }
    static func request(_ der: [UInt8]) -> String { text("CERTIFICATE REQUEST", der) }
    static func certificate(_ der: [UInt8]) -> String { text("CERTIFICATE", der) }

    private static func text(_ label: String, _ der: [UInt8]) -> String {
        String(decoding: PEMWriter.encode(label: label, der: der), as: UTF8.self)
    }
}
