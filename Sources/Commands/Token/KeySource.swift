import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import OpenSSL
import PKIX
import Store

/// One worker's access to the identity keys of a run.
enum KeyLookup {
    case single(IdentityKey)
    case table([DeviceUUID: IdentityKey])
    case registry(any DeviceRegistry)

    /// Runs `body`, in which the keys are looked up; see ``DeviceRegistry/reading(_:)``.
    func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value {
        guard case .registry(let registry) = self else { return try body() }
        return try registry.reading(body)
    }

    func key(for device: DeviceUUID) throws(ToolError) -> IdentityKey? {
        switch self {
        case .single(let key): key
        case .table(let keys): keys[device]
        case .registry(let registry): try registry.key(of: device)
        }
    }
}

/// The identity keys that a run knows, by device.
enum KeySource: Sendable {
    /// `--key`: one key for whatever device.
    case single(IdentityKey)
    /// `--keys`: a table.
    case table([DeviceUUID: IdentityKey])
    /// `--store`: the registry in this file.
    case store(String)

    /// What one worker asks; a store is opened anew for each, because a connection belongs to one thread.
    func lookup() throws(ToolError) -> KeyLookup {
        switch self {
        case .single(let key): .single(key)
        case .table(let keys): .table(keys)
        case .store(let path): .registry(try SQLiteStore(path: path, access: .readOnly))
        }
    }

    /// A P-256 public key in a PEM file (`PUBLIC KEY`).
    static func single(path: String) throws(ToolError) -> KeySource {
        try single(path: path, bytes: try ByteSource.contents(of: path, limit: 1 << 20))
    }

    /// The same for a file that was read already.
    static func single(path: String, bytes: [UInt8]) throws(ToolError) -> KeySource {
        let spki: [UInt8]
        do {
            spki = try PEMDocument(bytes).single("PUBLIC KEY")
        } catch {
            throw ToolError(
                .pem, error.description, context: [.init("file", path.escapedForTerminal)],
                hint: "expected one public key in PEM (-----BEGIN PUBLIC KEY-----)")
        }
        return .single(IdentityKey(publicKey: try p256(spki, at: path), trust: .given))
    }

    /// `uuid,base64 SubjectPublicKeyInfo` rows, with or without a header.
    static func table(path: String) throws(ToolError) -> KeySource { .table(try KeyTable.read(path: path)) }

    /// What every key of a device has to be.
    static let notP256 = ToolError(
        .csrKey, "expected a P-256 public key (an uncompressed point, 91 bytes of DER), found another key")

    private static func p256(_ spki: [UInt8], at place: String) throws(ToolError) -> P256PublicKey {
        guard let key = P256PublicKey(spki: spki[...]) else {
            throw notP256.at("file", place.escapedForTerminal)
        }
        return key
    }
}
