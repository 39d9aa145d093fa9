public import DeviceIdentity

/// What the caller demands of a token beyond its signature.
public struct JWTPolicy: Sendable {
    /// Seconds by which clocks may differ when nothing else is said.
    public static let defaultLeeway: Int64 = 60

    /// The algorithms of which a token may name one; ES256 when nothing else is said.
    public var algorithms: Set<JWSAlgorithm> = [.es256]
    /// `iss` has to be this text.
    public var issuer: String?
    /// `sub` has to be this text.
    public var subject: String?
    /// `aud` has to be this text or an array that contains it.
    public var audience: String?
    /// `iss` has to name this device.
    public var device: DeviceUUID?
    /// Claims that have to be there, and not null.
    public var requiredClaims: [String] = []
    /// The greatest age by `iat` in seconds; `iat` has to be there then.
    public var maximumAge: Int64?
    /// Seconds by which clocks may differ: added to exp and to the greatest age, taken from nbf and iat.
    public var leeway: Int64 = Self.defaultLeeway
    /// The time of verification, seconds since 1970.
    public var now: Int64

    /// The strictest policy that asks for nothing but a good signature and the times that the token itself states.
    public init(now: Int64) { self.now = now }
}
