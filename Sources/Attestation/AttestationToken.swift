import CBOR
public import COSE
public import DeviceIdentity
import Diagnostics
import OpenSSL
public import PKIX

/// A token of an nRF91 modem, decoded and not verified: nothing in it may be believed.
///
/// ```
/// token = base64url(first part) "." base64url(COSE_Sign1)
/// ```
/// Only ``AttestationVerifier`` turns it into a ``VerifiedAttestation``.
public struct AttestationToken: Sendable {
    /// What the modem was asked for.
    public enum Content: Sendable {
        /// `%ATTESTTOKEN`: who the device is.
        case identity(IdentityMessage)
        /// `%KEYGEN` with a CSR.
        case certificationRequest(KeyMessage, CertificationRequest)
        /// `%KEYGEN` with a public key.
        case publicKey(KeyMessage, SubjectPublicKeyInfo)
    }

    /// How strictly the text is read.
    public enum Base64Rule: Sendable {
        case strict
        /// Padding is accepted and reported (``AttestationToken/hadPadding``).
        case lenient
    }

    /// The longest token in characters; genuine ones stay below 1,000.
    public static let limit = 4096

    public let content: Content
    /// The first part, as received: it is what the digest covers.
    public let firstPart: [UInt8]
    /// The COSE_Sign1, as received.
    public let cose: COSESign1
    public let keyRole: KeyRole
    /// Whether padding was accepted under ``Base64Rule/lenient``.
    public let hadPadding: Bool

    /// - Parameter text: one token, ASCII, without quotes or white space around it.
    public init(_ text: ArraySlice<UInt8>, base64: Base64Rule = .strict) throws(TokenError) {
        guard text.count <= Self.limit else {
            throw TokenError(
                .tokenFormat, "expected at most \(Self.limit) characters, found \(text.count)")
        }
        guard let dot = Octets.firstIndex(of: UInt8(ascii: "."), in: text) else {
            throw TokenError(
                .tokenFormat,
                text.isEmpty
                    ? "expected a token, found nothing" : "expected two parts joined by a dot, found no dot")
        }
        guard Octets.firstIndex(of: UInt8(ascii: "."), in: text[(dot + 1)...]) == nil else {
            throw TokenError(
                .tokenFormat, "expected two parts joined by one dot, found more dots (a JWT has two)")
        }
        var padded = false
        firstPart = try Self.decode(text[..<dot], "first part", base64, &padded)
        let envelope = try Self.decode(text[(dot + 1)...], "second part", base64, &padded)
        hadPadding = padded
        do {
            cose = try COSESign1(envelope)
        } catch {
            if case .cbor(let cause) = error { throw TokenError(.cbor, "COSE_Sign1: \(cause.message)") }
            throw TokenError(.cose, "COSE_Sign1: \(error.message)")
        }
        guard cose.signature.count == 64 else {
            throw TokenError(
                .cose, "COSE_Sign1: expected a signature of 64 bytes, found \(cose.signature.count)")
        }
        guard let keyID = cose.keyID, let kid = NestedInteger.read(cose.bytes, keyID) else {
            throw TokenError(.cose, "COSE_Sign1: expected a kid (label 4) that holds a CBOR integer")
        }
        keyRole = KeyRole(kid: kid)
        content = try Self.content(firstPart: firstPart, cose: cose)
    }

    private static func decode(
        _ text: ArraySlice<UInt8>, _ name: String, _ rule: Base64Rule, _ padded: inout Bool
    ) throws(TokenError) -> [UInt8] {
        var body = text
        if rule == .lenient, body.count % 4 == 0 {
            while body.last == UInt8(ascii: "="), text.count - body.count < 2 {
                body.removeLast()
                padded = true
            }
        }
        do {
            return try Base64.decodeURL(body)
        } catch {
            throw TokenError(.base64URL, "\(name): \(error.message)")
        }
    }

    private static func content(firstPart: [UInt8], cose: COSESign1) throws(TokenError) -> Content {
        guard let payload = cose.payload else { return .identity(try IdentityMessage(firstPart)) }
        let message = try KeyMessage(cose.bytes, range: payload)
        do {
            switch message.subject {
            case .certificationRequest:
                return .certificationRequest(message, try CertificationRequest(der: firstPart))
            case .publicKey:
                return .publicKey(message, try SubjectPublicKeyInfo(der: firstPart))
            }
        } catch {
            let name = message.subject == .publicKey ? "public key" : "CSR"
            throw TokenError(.der, "\(name): \(error.description)")
        }
    }

    /// The device the token names; 16 bytes that are a claim until the token is verified.
    public var deviceUUID: DeviceUUID {
        switch content {
        case .identity(let message): message.deviceUUID
        case .certificationRequest(let message, _), .publicKey(let message, _): message.deviceUUID
        }
    }

    /// The nonce or challenge, 16 bytes.
    public var nonce: [UInt8] {
        switch content {
        case .identity(let message): message.nonce
        case .certificationRequest(let message, _), .publicKey(let message, _): message.nonce
        }
    }

    /// What the `%KEYGEN` answer attests; `nil` for an `%ATTESTTOKEN`.
    public var keyMessage: KeyMessage? {
        switch content {
        case .identity: nil
        case .certificationRequest(let message, _), .publicKey(let message, _): message
        }
    }

    /// SHA-256 of the first part as received, 32 bytes.
    public var actualDigest: [UInt8] { Digest.sha256(firstPart) }
}
