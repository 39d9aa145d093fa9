public import Attestation
public import DeviceIdentity

/// A device as the registry knows it.
public struct DeviceRecord: Sendable, Equatable {
    public let uuid: DeviceUUID
    public internal(set) var imei: IMEI?
    /// Seconds since 1970.
    public let registeredAt: Int64
    public internal(set) var key: RegisteredKey?

    package init(uuid: DeviceUUID, imei: IMEI?, registeredAt: Int64, key: RegisteredKey?) {
        self.uuid = uuid
        self.imei = imei
        self.registeredAt = registeredAt
        self.key = key
    }
}

/// The identity key of a device with how it came to be known.
public struct RegisteredKey: Sendable, Equatable {
    /// The key and whether it is trusted or only observed.
    public let identity: IdentityKey
    /// The signing profile seen in what the key was learned from; `nil` for an imported key.
    public let profile: SigningProfile?
    /// When the key was registered, in seconds since 1970.
    public let since: Int64

    package init(identity: IdentityKey, profile: SigningProfile?, since: Int64) {
        self.identity = identity
        self.profile = profile
        self.since = since
    }
}

/// One thing that tied a key to a device.
public struct Evidence: Sendable, Equatable {
    /// How a key came to be known.
    public enum How: String, Sendable {
        /// By `device add`.
        case added
        /// A row of an imported file.
        case imported
        /// A signature of the device itself.
        case learned
        /// A person's word, by `device trust`.
        case confirmed
    }

    public let how: How
    /// Seconds since 1970.
    public let at: Int64
    /// SHA-256 of the row or token it came from, 32 bytes.
    public let inputDigest: [UInt8]?
    public let profile: SigningProfile?

    /// A piece of evidence; `at` in seconds since 1970, `inputDigest` of 32 bytes.
    public init(how: How, at: Int64, inputDigest: [UInt8]?, profile: SigningProfile?) {
        self.how = how
        self.at = at
        self.inputDigest = inputDigest
        self.profile = profile
    }
}
