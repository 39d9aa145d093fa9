import Attestation
import DeviceIdentity
import OpenSSL

/// A device as its row is to be, with what comes with it.
package struct DeviceDraft {
    package struct Token {
        package let text: [UInt8]
        /// SHA-256 of ``text``.
        package let digest: [UInt8]
    }

    package internal(set) var record: DeviceRecord
    /// Whether there is no row yet.
    package let isNew: Bool
    package var evidence: [Evidence] = []
    package internal(set) var token: Token?
    /// The id of the observed key whose place another one took.
    package private(set) var replaced: [UInt8]?

    package init(_ known: DeviceRecord) {
        record = known
        isNew = false
    }

    init(new device: DeviceUUID, at time: Int64) {
        record = DeviceRecord(uuid: device, imei: nil, registeredAt: time, key: nil)
        isNew = true
    }

    /// Gives the device a key, or the same key more trust.
    mutating func set(_ key: IdentityKey, profile: SigningProfile? = nil, at time: Int64) {
        let trust: KeyTrust = key.trust == .observed ? .observed : .trusted
        let known = record.key
        let isSame = known?.identity.publicKey == key.publicKey
        if let known, !isSame { replaced = known.identity.publicKey.kid }
        record.key = RegisteredKey(
            identity: IdentityKey(publicKey: key.publicKey, trust: trust),
            profile: isSame ? known?.profile : profile, since: isSame ? known?.since ?? time : time)
    }

    /// The same key, trusted.
    mutating func trust(_ key: P256PublicKey) { set(IdentityKey(publicKey: key, trust: .trusted), at: 0) }
}
