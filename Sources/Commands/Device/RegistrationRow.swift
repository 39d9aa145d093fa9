import Attestation
import CSV
import DeviceIdentity
import Diagnostics
import Intake
import JSON
import OpenSSL
import PKIX
import Registry
import Store

/// The columns of an imported CSV.
struct RegistrationColumns: Sendable {
    /// How many columns a row has; one that is shorter was cut.
    var count: Int
    var uuid: Int
    var imei: Int?
    var pem: Int?
    var spki: Int?
    var token: Int?
    var trust: Int?
    /// Those whose UUIDs are of something else than devices.
    var others: Set<Int> = []
    /// The titles of columns that are not read.
    var unread: [String] = []

    /// The columns that a header names; `nil` when the record is no header.
    ///
    /// - Throws: ``ToolError`` with `csv` when two columns mean the same: which of them counts, nobody can know.
    init?(header: CSVRecord, isFirst: Bool) throws(ToolError) {
        guard let places = try ColumnPlaces(header: header, needing: [.uuid], isFirst: isFirst),
            let uuid = places[.uuid]
        else { return nil }
        count = places.count
        self.uuid = uuid
        imei = places[.imei]
        pem = places[.publicKeyPem]
        spki = places[.spkiBase64]
        token = places[.token]
        trust = places[.trust]
        others = places.others
        unread = places.unknown
    }

    /// Without a header: `imei,uuid,token,time` as the nRF Cloud utilities write it, or `uuid,spki`.
    init?(first record: CSVRecord) {
        func isUUID(_ index: Int) -> Bool { record[index].flatMap { try? DeviceUUID(text: $0.text) } != nil }
        if record.count >= 3, isUUID(1) {
            count = 3
            uuid = 1
            imei = 0
            token = 2
        } else if record.count >= 2, isUUID(0) {
            count = 2
            uuid = 0
            spki = 1
        } else {
            return nil
        }
    }
}

/// Turns rows into registrations.
struct RegistrationReader: Sendable {
    private let trust: KeyTrust

    /// - Parameter trust: the most trust that a row's key gets.
    init(trust: KeyTrust) { self.trust = trust }

    private typealias Texts = (uuid: String?, imei: String?, pem: String?, spki: String?, token: [UInt8]?)

    func registration(_ record: CSVRecord, _ columns: RegistrationColumns) throws(RowError) -> Registration {
        guard record.count >= columns.count else {
            throw RowError(.csv, "expected \(columns.count) columns, found \(record.count)")
        }
        func text(_ column: Int?) -> String? {
            guard let column, let field = record[column], !field.bytes.isEmpty else { return nil }
            return field.text
        }
        let token = columns.token.flatMap { record[$0] }.map { Array($0.bytes) }
        // Nothing else fits into the cells of the UUID and of the key: they are read to their last octet.
        let read = [columns.token, columns.uuid, columns.spki].compactMap(\.self)
        try Self.refuse(
            Bystanders(
                of: record, beside: read, others: columns.others,
                known: text(columns.uuid).flatMap { DeviceUUID(text: Array($0.utf8)[...]) }), token)
        return try registration(
            (text(columns.uuid), text(columns.imei), text(columns.pem), text(columns.spki), token),
            trust: text(columns.trust), digest: Digest.sha256(record.raw))
    }

    func registration(line: ArraySlice<UInt8>) throws(RowError) -> Registration {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: line)
        } catch {
            throw RowError(.json, "\(error.message), column \(error.column)")
        }
        guard let object = value.objectValue else {
            throw RowError(.json, "expected an object, found \(value.kind)")
        }
        let key = value["key"] ?? .null
        guard key == .null || key.objectValue != nil else {
            throw RowError(.json, "expected an object in key, found \(key.kind)")
        }
        let pem = try Self.one(
            value.text(.publicKeyPem), key.text("publicKeyPem"), "publicKeyPem and key.publicKeyPem")
        let trust = try Self.one(value.text("trust"), key.text("trust"), "trust and key.trust")
        let uuid = try value.text(.uuid)
        let token = try value.text(.token).map { Array($0.utf8) }
        let known = uuid.flatMap { DeviceUUID(text: Array($0.utf8)[...]) }
        try Self.refuse(Bystanders(of: object, known: known) { $0 == .token || $0 == .uuid }, token)
        return try registration(
            (
                uuid: uuid, imei: try value.text(.imei), pem: pem, spki: try value.text(.spkiBase64),
                token: token
            ), trust: trust, digest: Digest.sha256(line), malformed: .json)
    }

    /// The device that a modem's log tells of.
    func registration(uuid: ArraySlice<UInt8>, key: ArraySlice<UInt8>) throws(RowError) -> Registration {
        try registration(
            (
                uuid: String(decoding: uuid, as: UTF8.self), imei: nil, pem: nil,
                spki: String(decoding: key, as: UTF8.self), token: nil
            ), trust: nil, digest: Digest.sha256(uuid + key))
    }

    /// A row is about one device; what a quotation mark swallowed of the next rows is no note of it.
    private static func refuse(_ beside: Bystanders, _ token: [UInt8]?) throws(RowError) {
        if beside.isEmpty { return }
        if let mixture = beside.mixture(with: token?[...], claims: true) {
            throw RowError(mixture.code, mixture.message)
        }
        let firmware = token.flatMap { try? AttestationToken($0[...]) }?.firmwareUUID
        guard beside.devices.allSatisfy({ $0 == firmware }) else {
            throw RowError(.mixedInput, "expected one device in a row, found the UUID of another beside it")
        }
    }

    /// What two members say that mean the same.
    private static func one(
        _ first: String?, _ second: String?, _ names: String
    ) throws(RowError) -> String? {
        if let first, let second, first != second {
            throw RowError(.json, "expected the same in \(names), found two that differ")
        }
        return first ?? second
    }

    private func registration(
        _ texts: Texts, trust rowTrust: String?, digest: [UInt8], malformed: ErrorCode = .csv
    ) throws(RowError) -> Registration {
        guard let uuidText = texts.uuid, let uuid = try? DeviceUUID(text: uuidText) else {
            throw RowError(malformed, "expected a device UUID (8-4-4-4-12 hexadecimal digits)")
        }
        var registration = Registration(uuid: uuid, how: .imported, inputDigest: digest)
        // The nRF Cloud utilities write "None" where the modem gave no IMEI.
        if let imei = texts.imei, imei != "None" {
            guard let number = IMEI(text: imei) else {
                throw RowError(malformed, "expected an IMEI of 15 digits with a right check digit")
            }
            registration.imei = number
        }
        if let key = try publicKey(texts, malformed) {
            registration.key = IdentityKey(publicKey: key, trust: try allowed(rowTrust, malformed))
        }
        if let token = texts.token, !token.isEmpty {
            registration.token = try checked(token, of: uuid)
        }
        return registration
    }

    /// A file cannot ask for more trust than the caller gives it.
    private func allowed(_ rowTrust: String?, _ malformed: ErrorCode) throws(RowError) -> KeyTrust {
        switch rowTrust {
        case nil, "trusted": return trust
        case "observed": return .observed
        default: throw RowError(malformed, "expected trusted or observed as the trust")
        }
    }

    private func publicKey(_ texts: Texts, _ malformed: ErrorCode) throws(RowError) -> P256PublicKey? {
        var given: [[UInt8]] = []
        if let pem = texts.pem {
            do {
                given.append(try PEMDocument(Array(pem.utf8)).single("PUBLIC KEY"))
            } catch {
                throw RowError(.pem, "\(error.description) of the key")
            }
        }
        if let text = texts.spki {
            do {
                given.append(try Base64.decodeStandard(Array(text.utf8)[...]))
            } catch {
                throw RowError(malformed, "expected a base64 SubjectPublicKeyInfo: \(error.message)")
            }
        }
        guard let spki = given.first else { return nil }
        guard given.allSatisfy({ $0 == spki }) else {
            throw RowError(
                malformed, "expected one key, found two that differ in publicKeyPem and spkiBase64")
        }
        guard let key = KeySource.p256(spki) else {
            throw RowError(.csrKey, "expected a P-256 public key (an uncompressed point on the curve)")
        }
        return key
    }

    /// A token to keep has to be an attestation token of this device; its signature is not judged here.
    private func checked(_ text: [UInt8], of uuid: DeviceUUID) throws(RowError) -> [UInt8] {
        let token: AttestationToken
        do {
            token = try AttestationToken(text[...])
        } catch {
            throw RowError(error.code, error.message)
        }
        guard case .identity = token.content else {
            throw RowError(.tokenFormat, "expected an attestation token, found a key-generation output")
        }
        guard token.deviceUUID == uuid else {
            throw RowError(
                .uuidMismatch, "the row is for device \(uuid), its token is of \(token.deviceUUID)")
        }
        return text
    }
}

extension JSONValue {
    /// The text of the members that have this meaning: all of them have to say the same. An object under one of these
    /// names, such as the key of a device, is looked into by itself.
    fileprivate func text(_ field: FieldName) throws(RowError) -> String? {
        var found: (name: String, text: String)?
        for member in objectValue?.members ?? [] where FieldName(title: member.name.utf8) == field {
            if field == .spkiBase64, member.value.objectValue != nil { continue }
            guard let text = try text(member.name) else { continue }
            if let found, found.text != text, field != .uuid || !Self.isSameDevice(found.text, text) {
                throw RowError(
                    .json, "expected the same in \(found.name) and \(member.name), found two that differ")
            }
            found = found ?? (member.name, text)
        }
        return found?.text
    }

    /// Digits in the other case make no other device.
    private static func isSameDevice(_ first: String, _ second: String) -> Bool {
        DeviceUUID(text: Array(first.utf8)[...]).map { $0 == DeviceUUID(text: Array(second.utf8)[...]) }
            ?? false
    }

    /// The text of a member; `nil` when it is absent or null. Any other kind is an error: a member that means
    /// something is never passed over.
    fileprivate func text(_ name: String) throws(RowError) -> String? {
        switch self[name] {
        case nil, .null: return nil
        case .string(let text): return text
        case .some(let other): throw RowError(.json, "expected a string in \(name), found \(other.kind)")
        }
    }
}
