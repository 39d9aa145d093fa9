public import DeviceIdentity
import OpenSSL

extension CredentialKind {
    /// Whether an application may write and delete it.
    var isWritable: Bool {
        switch self {
        case .identityKey, .reserved, .endorsementKey, .identityRoot, .vendorKey: false
        default: true
        }
    }

    /// Whether its content may be read back.
    var isReadable: Bool { self == .rootCertificate || self == .clientCertificate }
}

/// The modem's memory for credentials (`%CMNG`).
public struct CredentialStore: Sendable, Equatable {
    /// How many credentials a modem keeps and how long one may be is not published; these are generous.
    public static let standardCapacity = 64
    static let contentLimit = 8_192

    private var entries: [CredentialSlot: [UInt8]] = [:]
    private let capacity: Int

    /// - Parameter capacity: how many credentials there is room for.
    public init(capacity: Int = standardCapacity) { self.capacity = capacity }

    /// What is stored: the slot, and the SHA-256 of the content exactly as it was written.
    public var listing: [(slot: CredentialSlot, digest: [UInt8])] {
        entries.sorted { $0.key < $1.key }.map { ($0.key, Digest.sha256($0.value)) }
    }

    /// The content of a slot.
    public func content(_ slot: CredentialSlot) -> [UInt8]? { entries[slot] }

    /// Stores what was not there.
    mutating func write(_ slot: CredentialSlot, _ content: [UInt8], password: String?) throws(ModemError) {
        try Self.allowWriting(slot)
        guard entries[slot] == nil else { throw .alreadyExists }
        guard CredentialContent.isValid(content, slot.kind, password: password) else {
            throw .invalidContent
        }
        try store(slot, content)
    }

    /// Stores a private key that the modem made.
    mutating func keep(_ privateKey: [UInt8], under tag: SecTag) throws(ModemError) {
        let slot = CredentialSlot(tag, .privateKey)
        try Self.allowWriting(slot)
        guard entries[slot] == nil else { throw .alreadyExists }
        try store(slot, privateKey)
    }

    private mutating func store(_ slot: CredentialSlot, _ content: [UInt8]) throws(ModemError) {
        guard entries.count < capacity, content.count <= Self.contentLimit else { throw .memoryFull }
        entries[slot] = content
    }

    mutating func delete(_ slot: CredentialSlot) throws(ModemError) {
        try Self.allowWriting(slot)
        guard entries.removeValue(forKey: slot) != nil else { throw .notFound }
    }

    /// The modem's own tags are not for writing; those for tests are.
    private static func allowWriting(_ slot: CredentialSlot) throws(ModemError) {
        guard slot.kind.isWritable, !slot.secTag.isReservedForModem || slot.secTag.isForTests else {
            throw .notAllowed
        }
    }
}
