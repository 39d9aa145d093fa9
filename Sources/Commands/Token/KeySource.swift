import Attestation
import CSV
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
    static func table(path: String) throws(ToolError) -> KeySource {
        let source = try ByteSource(path: path)
        var reader = CSVReader()
        var keys: [DeviceUUID: IdentityKey] = [:]
        var columns: (uuid: Int, key: Int)?
        var atEnd = false
        while true {
            guard let event = reader.next() else {
                if atEnd { break }
                var bytes: [UInt8] = []
                if try source.read(into: &bytes, limit: 65_536) == 0 {
                    reader.finish()
                    atEnd = true
                } else {
                    reader.append(bytes[...])
                }
                continue
            }
            guard case .record(let record) = event else {
                if case .malformed(let error) = event {
                    throw ToolError(.csv, error.message).at(
                        "file", "\(path.escapedForTerminal):\(error.recordLine)")
                }
                continue
            }
            let place = "\(path.escapedForTerminal):\(record.line)"
            if columns == nil {
                columns = header(record) ?? (0, 1)
                if header(record) != nil { continue }
            }
            let (uuidColumn, keyColumn) = columns ?? (0, 1)
            guard let uuidField = record[uuidColumn], let keyField = record[keyColumn] else {
                throw ToolError(.csv, "expected a device UUID and a key, found \(record.count) columns")
                    .at("file", place)
            }
            let (uuid, key) = try row(uuidField, keyField, place)
            if let known = keys.updateValue(key, forKey: uuid), known != key {
                throw ToolError(
                    .keyConflict, "two different keys for device \(uuid)",
                    context: [.init("file", place)], hint: "keep one row a device")
            }
        }
        return .table(keys)
    }

    private static func header(_ record: CSVRecord) -> (uuid: Int, key: Int)? {
        let names = record.fields.map { $0.text.lowercased() }
        guard let uuid = names.firstIndex(of: "uuid") ?? names.firstIndex(of: "deviceuuid"),
            let key = names.firstIndex(where: { ["spkibase64", "spki", "publickey", "key"].contains($0) })
        else { return nil }
        return (uuid, key)
    }

    private static func row(
        _ uuidField: CSVField, _ keyField: CSVField, _ place: String
    ) throws(ToolError) -> (DeviceUUID, IdentityKey) {
        guard let uuid = try? DeviceUUID(text: uuidField.text) else {
            throw ToolError(.csv, "expected a device UUID in the first column").at("file", place)
        }
        let spki: [UInt8]
        do {
            spki = try Base64.decodeStandard(keyField.bytes)
        } catch {
            throw ToolError(.csv, "expected a base64 SubjectPublicKeyInfo: \(error.message)").at(
                "file", place)
        }
        return (uuid, IdentityKey(publicKey: try p256(spki, at: place), trust: .given))
    }

    private static func p256(_ spki: [UInt8], at place: String) throws(ToolError) -> P256PublicKey {
        guard let key = P256PublicKey(spki: spki[...]) else {
            throw ToolError(
                .csrKey,
                "expected a P-256 public key (an uncompressed point, 91 bytes of DER), found another key",
                context: [.init("file", place)])
        }
        return key
    }
}
