import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import Issuance
import OpenSSL
import PKIX
import Registry
import Store

/// One worker's access to the identity keys of a run.
enum KeyLookup: IdentityKeys {
    case single(IdentityKey)
    case table([DeviceUUID: IdentityKey])
    case bundle(BundledKeys)
    case registry(any DeviceRegistry)

    /// Runs `body`, in which the keys are looked up; see ``DeviceRegistry/reading(_:)``.
    func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value {
        guard case .registry(let registry) = self else { return try body() }
        return try registry.reading(body)
    }

    /// The key that the token has to be signed with; nil where none is known for its device.
    func key(for token: AttestationToken) throws(ToolError) -> IdentityKey? {
        switch self {
        case .single(let key): key
        case .table(let keys): keys[token.deviceUUID]
        case .bundle(let keys): try keys.key(for: token)
        case .registry(let registry): try registry.key(of: token.deviceUUID)
        }
    }
}

/// The identity keys that a run knows, by device.
enum KeySource: Sendable {
    /// `--key`: one key for whatever device.
    case single(IdentityKey)
    /// `--keys`: a table.
    case table([DeviceUUID: IdentityKey])
    /// `--keys`: keys that do not say whose they are.
    case bundle(Set<P256PublicKey>)
    /// `--store`: the registry in this file.
    case store(String)

    /// What one worker asks; a store is opened anew for each, because a connection belongs to one thread.
    func lookup() throws(ToolError) -> KeyLookup {
        switch self {
        case .single(let key): .single(key)
        case .table(let keys): .table(keys)
        case .bundle(let keys): .bundle(try BundledKeys(keys))
        case .store(let path): .registry(try SQLiteStore(path: path, access: .readOnly))
        }
    }

    /// A P-256 public key in a PEM file, alone or in a certificate or a certification request.
    static func single(path: String) throws(ToolError) -> KeySource {
        try single(path: path, bytes: try KeyFile.contents(of: path))
    }

    /// The same for a file that was read already.
    static func single(path: String, bytes: [UInt8]) throws(ToolError) -> KeySource {
        guard let key = try KeyFile.readPublic(bytes, path).p256 else {
            throw notP256.at("file", path.escapedForTerminal)
        }
        return .single(IdentityKey(publicKey: key, trust: .given))
    }

    /// `uuid,base64 SubjectPublicKeyInfo` rows, with or without a header; a folder of keys that are named by UUIDs; or
    /// keys in PEM, of which each may be any device's.
    static func many(path: String) throws(ToolError) -> KeySource {
        if path != "-", FileSystem.kind(of: path) == .folder { return .table(try KeyFolder.read(path: path)) }
        let reader = try SourceReader(path, for: KeyTable.expected)
        let head = try reader.look().value?.bytes ?? []
        // Keys of which nothing but damaged blocks is left are no table.
        if TextBetweenBlocks.firstRow(in: head) == nil, let damage = PEMReview.error(in: head, of: path) {
            throw damage
        }
        if TextBetweenBlocks.beginsWithBlocks(head) {
            return .bundle(try KeyBundle.read(path: path, text: try reader.source.readAll(limit: 16 << 20)))
        }
        return .table(try KeyTable.read(reader))
    }

    /// What every key of a device has to be.
    static let notP256 = ToolError(
        .csrKey,
        "expected a P-256 public key (an uncompressed point on the curve, 91 bytes of DER), found another key"
    )

    /// The P-256 key of a SubjectPublicKeyInfo; nil for another kind, another form, and a point off the curve.
    static func p256(_ spki: [UInt8]) -> P256PublicKey? {
        P256PublicKey(spki: spki[...]).flatMap { $0.isOnCurve ? $0 : nil }
    }
}
