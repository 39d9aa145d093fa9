import CBOR
import COSE
public import Attestation
public import Diagnostics
import DeviceIdentity
import OpenSSL

/// The forms in which a modem's identity key signs.
public enum ModemSignature {
    /// The CBOR tag before every message of the modem (RFC 8949 section 3.4.6).
    static let selfDescribed: UInt64 = 55_799

    /// What `%ATTESTTOKEN` and `%KEYGEN` print: both parts in base64url with a full stop between.
    ///
    /// - Parameters:
    ///   - payload: `nil` for `%ATTESTTOKEN`.
    ///   - sign: makes `r || s`, 64 bytes, of a SHA-256 digest.
    public static func token(
        firstPart: [UInt8], payload: [UInt8]?, profile: SigningProfile,
        sign: (_ digest: [UInt8]) throws(ToolError) -> [UInt8]
    ) throws(ToolError) -> String {
        // {1: -7}, ES256; the key id is the CBOR of -2, the identity key.
        let protected: [UInt8] = [0xa1, 0x01, 0x26]
        let signed = SigStructure.encode(
            protected: protected[...], externalAAD: profile == .bound ? firstPart[...] : [],
            payload: payload.map { .bytes($0[...]) } ?? .null)
        let signature = try sign(Digest.sha256(signed))
        var envelope = CBORWriter(reservingCapacity: 192)
        envelope.tag(18)
        envelope.arrayHeader(4)
        envelope.byteString(protected)
        envelope.mapHeader(1)
        envelope.unsigned(4)
        envelope.byteString([0x21])
        if let payload { envelope.byteString(payload) } else { envelope.null() }
        envelope.byteString(signature)
        return text(firstPart) + "." + text(envelope.bytes)
    }

    /// base64url.
    static func text(_ bytes: [UInt8]) -> String {
        String(decoding: Base64.encode(bytes, .url), as: UTF8.self)
    }

    /// `r || s` over a digest by the key of `scalar`, the same each time (RFC 6979).
    static func sign(
        _ digest: [UInt8], _ scalar: [UInt8], _ arithmetic: P256Arithmetic
    ) throws(ToolError) -> [UInt8] {
        do { return try arithmetic.signDeterministically(digest: digest, scalar: scalar) } catch {
            throw ToolError(.internalFault, error.message)
        }
    }
}
