public import DeviceIdentity
public import JSON

/// A JWT (RFC 7519), decoded and not verified: nothing in it may be believed.
///
/// Only ``JWTVerifier`` turns it into a ``VerifiedJWT``.
public struct UnverifiedJWT: Sendable {
    public let jws: CompactJWS
    /// The claims, read from the very octets that the signature covers.
    public let claims: JSONObject
    /// The device that `iss` names: `<chip>.<device UUID>`, any chip text without a dot. Without an `iss`, as in what an
    /// nRF93M1 answers to AT%REGJWT, the UUID that `sub` is.
    public let claimedDevice: DeviceUUID?

    /// - Parameter text: one token, ASCII, without white space around it.
    public init(_ text: ArraySlice<UInt8>) throws(JWTError) {
        jws = try CompactJWS(text)
        claims = try CompactJWS.object(jws.payload, "claims")
        claimedDevice =
            if let issuer = claims["iss"] {
                issuer.stringValue.flatMap { Self.device(inIssuer: $0) }
            } else {
                claims["sub"]?.stringValue.flatMap { try? DeviceUUID(text: $0) }
            }
    }

    static func device(inIssuer issuer: String) -> DeviceUUID? {
        let octets = issuer.utf8.span
        guard let dot = octets.indices.first(where: { octets[$0] == UInt8(ascii: ".") }) else { return nil }
        return DeviceUUID(text: octets.extracting((dot + 1)...))
    }
}
