import Attestation
import CBOR
import DeviceIdentity
public import Diagnostics
import JSON
public import OpenSSL

extension SimulatedDevice {
    /// The most seconds for which the device library asks by default.
    public static let jwtLifetime: Int64 = 300

    /// What `%ATTESTTOKEN` prints: the identity message as external data of a nil payload.
    ///
    /// - Parameter challenge: 16 bytes; without it the nonce follows from the seed, so that the token is the same each
    ///   time.
    public func attestationToken(
        challenge: [UInt8]? = nil, arithmetic: P256Arithmetic
    ) throws(ToolError) -> String {
        var message = CBORWriter(reservingCapacity: 64)
        message.tag(ModemSignature.selfDescribed)
        message.arrayHeader(5)
        message.unsigned(1)
        message.byteString(uuid.bytes)
        message.unsigned(model.type.code)
        message.byteString(firmwareUUID.bytes)
        message.byteString(challenge ?? seed.bytes("attestation nonce", device: index, count: 16))
        return try ModemSignature.token(
            firstPart: message.bytes, payload: nil, profile: .bound,
            sign: { digest throws(ToolError) in try ModemSignature.sign(digest, scalar, arithmetic) })
    }

    /// What `%KEYGEN` prints for a public key or a request.
    ///
    /// - Parameter nonce: 16 bytes.
    func keyGenerationToken(
        _ subject: KeyMessage.Subject, firstPart: [UInt8], secTag: SecTag, nonce: [UInt8],
        arithmetic: P256Arithmetic
    ) throws(ToolError) -> String {
        var tag = CBORWriter(reservingCapacity: 5)
        // Above the range of a signed number the modem writes the same 32 bits as a negative one.
        tag.integer(Int64(Int32(bitPattern: secTag.rawValue)))
        var message = CBORWriter(reservingCapacity: 96)
        message.tag(ModemSignature.selfDescribed)
        message.arrayHeader(5)
        message.unsigned(subject.rawValue)
        message.byteString(uuid.bytes)
        message.byteString(tag.bytes)
        message.byteString(Digest.sha256(firstPart))
        message.byteString(nonce)
        return try ModemSignature.token(
            firstPart: firstPart, payload: message.bytes, profile: model.profile,
            sign: { digest throws(ToolError) in try ModemSignature.sign(digest, scalar, arithmetic) })
    }

    /// What `%JWT` prints when the identity key signs: the order of the members and the spaces at the end of both texts,
    /// which make padding unnecessary, are the modem's.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970 by the device's clock.
    ///   - random: 16 bytes for the token's id.
    public func jwt(
        now: Int64, lifetime: Int64 = jwtLifetime, random: [UInt8], arithmetic: P256Arithmetic
    ) throws(ToolError) -> String {
        try jwt(
            ModemClaims(now: now, lifetime: lifetime), by: (publicKey, scalar), random: random,
            arithmetic: arithmetic)
    }

    /// The same with whatever `%JWT` can be told, signed by a key of the modem.
    func jwt(
        _ wanted: ModemClaims, by signer: (publicKey: P256PublicKey, scalar: [UInt8]), random: [UInt8],
        arithmetic: P256Arithmetic
    ) throws(ToolError) -> String {
        let now = wanted.now
        let (expiry, overflows) = now.addingReportingOverflow(wanted.lifetime)
        guard !overflows, now >= 0 else {
            throw ToolError(.usage, "expected a clock after 1970, found \(now) seconds")
        }
        var header = JSONWriter(reservingCapacity: 128)
        header.beginObject()
        header.member("typ", ascii: "JWT")
        header.member("alg", ascii: "ES256")
        header.member("kid", hex: signer.publicKey.kid)
        header.endObject()
        var claims = JSONWriter(reservingCapacity: 256)
        claims.beginObject()
        claims.member("iss", "\(model.chip).\(uuid)")
        claims.member("jti", "\(model.chip).\(firmwareUUID).\(Hex.encode(random))")
        if wanted.lifetime > 0 {
            claims.member("iat", now)
            claims.member("exp", expiry)
        }
        claims.member("sub", ifPresent: wanted.subject)
        claims.member("aud", ifPresent: wanted.audience)
        claims.endObject()
        let parts = [header.bytes, claims.bytes].map {
            ModemSignature.text($0 + Self.spaces(after: $0.count))
        }
        let signed = parts.joined(separator: ".")
        let digest = Digest.sha256(Array(signed.utf8))
        return signed + "." + ModemSignature.text(try ModemSignature.sign(digest, signer.scalar, arithmetic))
    }

    private static func spaces(after count: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(ascii: " "), count: (3 - count % 3) % 3)
    }
}
