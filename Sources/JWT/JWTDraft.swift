public import DeviceIdentity
public import Diagnostics
public import JSON
public import Keys
import OpenSSL
import PKIX

/// A token to be signed: what goes into header and claims, in which order.
///
/// Header: typ, alg, kid. Claims: iss, jti, iat, exp, sub, aud, then the caller's own in their order. That is the
/// order of a modem.
public struct JWTDraft: Sendable {
    /// What the header says of the key.
    public enum KeyID: Sendable, Equatable {
        /// SHA-256 of the SubjectPublicKeyInfo in hex, as modems write it.
        case automatic
        /// No `kid`, as service tokens of the nRF Cloud utilities have it.
        case none
        case text(String)
    }

    /// The chip that a device-shaped token names when its issuer names none.
    public static let defaultChip = "nRF9160"

    /// What the header says of the key.
    public var keyID = KeyID.automatic
    /// `iss`; `nil` leaves it out, or names the device.
    public var issuer: String?
    /// `sub`; `nil` leaves it out.
    public var subject: String?
    /// One becomes a string, several become an array.
    public var audiences: [String] = []
    /// Makes the token look like this device's: iss, jti, and spaces that make base64 padding superfluous.
    public var device: DeviceUUID?
    /// Seconds between iat and exp; without it the token has neither, as a modem's.
    public var lifetime: Int64?
    /// Further claims in their order.
    public var claims: [JSONObject.Member] = []

    /// A token without claims.
    public init() {}

    /// A token with its parts.
    public struct Signed: Sendable {
        /// The compact JWS, ASCII.
        public let text: [UInt8]
        public let header: JSONObject
        public let claims: JSONObject
    }

    /// Signs with ES256.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - random: at least 32 random bytes for the jti of a device-shaped token.
    /// - Throws: ``ToolError`` with `usage` for claims that cannot be, `algorithm` for a key that is not on P-256, or as
    ///   ``SigningKey/makeSession(_:)``.
    public func sign(_ key: any SigningKey, now: Int64, random: [UInt8]) throws(ToolError) -> Signed {
        guard key.publicKey.kind == .p256 else {
            throw ToolError(
                .algorithm, "expected a P-256 key, with which ES256 signs, found another kind of key")
        }
        let header = header(kid: Hex.encode(key.publicKey.kid))
        let claims = try claimsObject(now, random)
        let input =
            Base64.encode(text(header), .url) + [UInt8(ascii: ".")] + Base64.encode(text(claims), .url)
        guard let halves = Self.fixedWidth(try key.sign(input, .ecdsa(.sha256))) else {
            throw ToolError(.internalFault, "expected an ECDSA signature, found something else")
        }
        let token = input + [UInt8(ascii: ".")] + Base64.encode(halves, .url)
        try Self.check(token, now)
        return Signed(text: token, header: header, claims: claims)
    }

    /// Refuses what no verifier would take: a token too long or too deep, a registered claim of the wrong type.
    private static func check(_ token: [UInt8], _ now: Int64) throws(ToolError) {
        do throws(JWTError) {
            let claims = try UnverifiedJWT(token[...]).claims
            // Times that do not hold now are the caller's business: a rehearsal may want an expired token.
            let failures = ClaimChecks.failures(claims, JWTPolicy(now: now))
            for failure in failures where failure.code == .jwtClaims {
                throw JWTError(failure.code, failure.message)
            }
        } catch {
            throw ToolError(.usage, "the token would not be accepted: \(error.message)")
        }
    }

    private func header(kid: String) -> JSONObject {
        var header: JSONObject = ["typ": .string("JWT"), "alg": .string(JWSAlgorithm.es256.rawValue)]
        switch keyID {
        case .automatic: header["kid"] = .string(kid)
        case .none: break
        case .text(let text): header["kid"] = .string(text)
        }
        return header
    }

    private func claimsObject(_ now: Int64, _ random: [UInt8]) throws(ToolError) -> JSONObject {
        var object = JSONObject()
        let issuer = issuer ?? device.map { "\(Self.defaultChip).\($0)" }
        if let issuer { object["iss"] = .string(issuer) }
        if device != nil { object["jti"] = .string(try tokenID(issuer ?? "", random)) }
        if let lifetime {
            let (expiry, overflow) = now.addingReportingOverflow(lifetime)
            guard !overflow, now >= 0, lifetime > 0, expiry < NumericDate.bound else {
                throw ToolError(.usage, "expected a lifetime of at least 1 s that ends before 2^53")
            }
            object["iat"] = .integer(now)
            object["exp"] = .integer(expiry)
        }
        if let subject { object["sub"] = .string(subject) }
        switch audiences.count {
        case 0: break
        case 1: object["aud"] = .string(audiences[0])
        default: object["aud"] = .array(audiences.map { .string($0) })
        }
        for claim in claims {
            guard object[claim.name] == nil else {
                throw ToolError(.usage, "expected claim \(claim.name.shown) once, found it set twice")
            }
            object[claim.name] = claim.value
        }
        return object
    }

    /// `<chip>.<firmware UUID>.<32 hex digits>`; the firmware UUID is random too, since no firmware is running.
    private func tokenID(_ issuer: String, _ random: [UInt8]) throws(ToolError) -> String {
        guard random.count >= 32, let firmware = DeviceUUID(bytes: random[..<16]) else {
            throw ToolError(.internalFault, "expected 32 random bytes")
        }
        let chip = issuer.prefix { $0 != "." }
        return "\(chip).\(firmware).\(Hex.encode(random[16..<32]))"
    }

    /// Compact JSON; for a device with the spaces that its modem adds.
    private func text(_ object: JSONObject) -> [UInt8] {
        let text = JSONValue.object(object).compact()
        guard device != nil else { return text }
        return text + repeatElement(UInt8(ascii: " "), count: (3 - text.count % 3) % 3)
    }

    /// `r || s`, 64 bytes (RFC 7518 section 3.4), of a DER `ECDSA-Sig-Value`.
    private static func fixedWidth(_ signature: [UInt8]) -> [UInt8]? {
        var reader = DERReader(signature)
        guard var pair = try? reader.enter(.sequence, "signature"), let r = try? pair.integer("r"),
            let s = try? pair.integer("s")
        else { return nil }
        var result: [UInt8] = []
        for range in [r, s] {
            let digits = signature[range].drop { $0 == 0 }
            guard digits.count <= 32 else { return nil }
            result += repeatElement(0, count: 32 - digits.count) + digits
        }
        return result
    }
}
