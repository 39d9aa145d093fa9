public import DeviceIdentity
public import JSON

/// A JWT (RFC 7519), decoded and not verified: nothing in it may be believed.
///
/// Only ``JWTVerifier`` turns it into a ``VerifiedJWT``.
public struct UnverifiedJWT: Sendable {
    public let jws: CompactJWS
    /// The claims, read from the very octets that the signature covers.
    public let claims: JSONObject
    /// The device that `iss` names: `<chip>.<device UUID>`, any chip text without a dot.
    public let claimedDevice: DeviceUUID?

    /// - Parameters:
    ///   - text: one token, ASCII, without white space around it.
    ///   - reader: reads header and claims; of use where many tokens are read.
    public init(_ text: ArraySlice<UInt8>, reader: JSONReader = JSONReader()) throws(JWTError) {
        jws = try CompactJWS(text, reader: reader)
        claims = try CompactJWS.object(jws.payload, "claims", reader)
        claimedDevice = claims["iss"]?.stringValue.flatMap { Self.device(inIssuer: $0) }
    }

    static func device(inIssuer issuer: String) -> DeviceUUID? {
        guard let dot = issuer.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let rest = issuer.utf8[issuer.utf8.index(after: dot)...]
        guard rest.count == 36 else { return nil }
        return try? DeviceUUID(text: String(decoding: rest, as: UTF8.self))
    }
}
