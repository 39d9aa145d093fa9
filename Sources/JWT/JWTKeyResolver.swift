public import DeviceIdentity
public import Diagnostics

/// Finds the key that a token is to be verified with.
///
/// Whatever the answer, ``JWTVerifier`` demands that the key suits the algorithm and that a `kid` in the token
/// names it: a resolver chooses, it does not vouch.
public protocol JWTKeyResolver {
    /// - Parameters:
    ///   - kid: the token's `kid`, if it has one.
    ///   - device: the device that its `iss` names, if it names one.
    ///   - algorithm: the token's, already found to be allowed.
    /// - Returns: the key, or a failure with `unknown-key`.
    func key(kid: String?, device: DeviceUUID?, algorithm: JWSAlgorithm) -> Result<JWTKey, CheckFailure>
}

/// One key for whatever token.
public struct SingleJWTKey: JWTKeyResolver, Sendable {
    public let key: JWTKey

    /// Answers with this key whatever is asked.
    public init(_ key: JWTKey) { self.key = key }

    public func key(
        kid: String?, device: DeviceUUID?, algorithm: JWSAlgorithm
    ) -> Result<JWTKey, CheckFailure> {
        .success(key)
    }
}

/// The keys of many devices, found by the device UUID in `iss`.
public struct DeviceKeyTable: JWTKeyResolver, Sendable {
    private let lookUp: @Sendable (DeviceUUID) -> JWTKey?

    /// - Parameter lookUp: the key of a device; `nil` for one that is not known.
    public init(_ lookUp: @escaping @Sendable (DeviceUUID) -> JWTKey?) { self.lookUp = lookUp }

    public func key(
        kid: String?, device: DeviceUUID?, algorithm: JWSAlgorithm
    ) -> Result<JWTKey, CheckFailure> {
        guard let device else { return Self.noDevice }
        guard let key = lookUp(device) else { return Self.unknown(device) }
        return .success(key)
    }

    /// The answer for a token whose `iss` names no device.
    public static var noDevice: Result<JWTKey, CheckFailure> {
        .failure(
            CheckFailure(
                .unknownKey,
                "expected iss to name a device (<chip>.<device UUID>), or sub where there is no iss; found none"
            ))
    }

    /// The answer for a token of a device without a key.
    public static func unknown(_ device: DeviceUUID) -> Result<JWTKey, CheckFailure> {
        .failure(CheckFailure(.unknownKey, "no key is known for device \(device)"))
    }
}
