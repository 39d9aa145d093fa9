public import Attestation
public import DeviceIdentity
public import Diagnostics
public import OpenSSL

/// What one row or command says about a device.
public struct Registration: Sendable {
    public let uuid: DeviceUUID
    /// The modem's IMEI, where it is known.
    public var imei: IMEI?
    /// The key with the trust that the caller gives it; `nil` for a row that only names the device.
    public var key: IdentityKey?
    /// An attestation token to keep, as received.
    public var token: [UInt8]?
    public let how: Evidence.How
    /// SHA-256 of the row, 32 bytes.
    public let inputDigest: [UInt8]?
    /// Whether a trusted key may take the place of another one that was only observed.
    public var replacesObserved = false

    /// What a row says; `inputDigest` of 32 bytes.
    public init(
        uuid: DeviceUUID, imei: IMEI? = nil, key: IdentityKey? = nil, token: [UInt8]? = nil,
        how: Evidence.How,
        inputDigest: [UInt8]?
    ) {
        self.uuid = uuid
        self.imei = imei
        self.key = key
        self.token = token
        self.how = how
        self.inputDigest = inputDigest
    }
}

/// What a registration did.
public enum RegistrationOutcome: Sendable, Equatable {
    case added
    /// Something was filled in or trust was raised; nothing was replaced.
    case updated
    case unchanged
    /// A trusted key took the place of another one that was only observed.
    case replaced
    /// The device is gone from the registry.
    case removed
    /// Nothing was changed: a different key (`key-conflict`), or another IMEI or one of another device
    /// (`duplicate-device`).
    case rejected(CheckFailure)
}

/// The public keys that one signature of a device leaves possible, by signing profile.
public struct Observation: Sendable {
    public let uuid: DeviceUUID
    /// SHA-256 of the token, 32 bytes.
    public let tokenDigest: [UInt8]
    public let bound: [P256PublicKey]
    public let plain: [P256PublicKey]

    /// The keys that a signature leaves possible; `tokenDigest` of 32 bytes.
    public init(uuid: DeviceUUID, tokenDigest: [UInt8], bound: [P256PublicKey], plain: [P256PublicKey]) {
        self.uuid = uuid
        self.tokenDigest = tokenDigest
        self.bound = bound
        self.plain = plain
    }
}

/// What an observation did.
public enum LearningOutcome: Sendable, Equatable {
    /// Two or more signatures had one key in common: it is now the device's observed key.
    case learned(IdentityKey, SigningProfile)
    /// The signature is by the key that is registered.
    case known(IdentityKey, SigningProfile)
    /// One signature alone leaves two keys possible; another output of the device will tell.
    case pending
    /// The signature is not by the registered key: `key-conflict`. Nothing was changed.
    case rejected(CheckFailure)
}

/// Devices, their keys and how these came to be trusted.
public protocol DeviceRegistry: AnyObject {
    /// The key to verify with; `nil` for a device or key that is not known.
    func key(of device: DeviceUUID) throws(ToolError) -> IdentityKey?
    /// Runs `body`, in which all reading sees one state of the store; thousands of look-ups are faster for it, because
    /// each on its own would take and give back a lock.
    func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value
    func device(_ uuid: DeviceUUID) throws(ToolError) -> DeviceRecord?
    /// The devices whose IMEI has these first 14 digits; several only where an earlier version registered them.
    func devices(withIMEISerial serial: Int64) throws(ToolError) -> [DeviceUUID]
    func evidence(of device: DeviceUUID) throws(ToolError) -> [Evidence]
    /// All devices by UUID, one at a time; `body` returns false to stop.
    func forEachDevice(_ body: (DeviceRecord) throws(ToolError) -> Bool) throws(ToolError)
    /// Registers all in one transaction; when this returns the outcomes are on disk.
    func register(_ registrations: [Registration], at time: Int64) throws(ToolError) -> [RegistrationOutcome]
    /// Notes signatures and pins the keys they have in common, in one transaction.
    func learn(_ observations: [Observation], at time: Int64) throws(ToolError) -> [LearningOutcome]
    /// Makes an observed key trusted on a person's word.
    ///
    /// - Parameter expectedKeyID: the SHA-256 of the key that the person means, 32 bytes; another is `kid-mismatch`.
    func confirm(
        _ device: DeviceUUID, expectedKeyID: [UInt8]?, at time: Int64
    ) throws(ToolError) -> RegistrationOutcome
    /// Removes a device with its key, evidence, tokens and pending signatures. Its used nonces stay: a token that was
    /// accepted once is refused also of a device that comes back.
    func remove(_ device: DeviceUUID, at time: Int64) throws(ToolError) -> RegistrationOutcome
}

/// Nonces that were accepted once and never again.
public protocol NonceRegistry: AnyObject {
    /// Notes all in one transaction; for each whether it was new. When this returns the answer is on disk.
    func use(_ nonces: [(device: DeviceUUID, nonce: [UInt8])], at time: Int64) throws(ToolError) -> [Bool]
}
