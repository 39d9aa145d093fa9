public import Attestation
public import DeviceIdentity
public import Diagnostics
import OpenSSL
import SQLite

extension SQLiteStore: DeviceRegistry {
    private static let columns = "uuid, imei, registered_at, point, trust, profile, key_since"

    public func key(of device: DeviceUUID) throws(ToolError) -> IdentityKey? {
        try read("cannot read the store") { () throws(SQLiteError) in
            if keyOfDevice == nil {
                keyOfDevice = try statement("SELECT point, trust FROM device WHERE uuid = ?")
            }
            guard let select = keyOfDevice else { return nil }
            select.begin()
            try select.set(1, blob: device.bytes)
            defer { select.reset() }
            guard try select.step(), let key = P256PublicKey(x963: select.blob(0)[...]) else { return nil }
            return IdentityKey(publicKey: key, trust: Self.trust(select.integer(1)))
        }
    }

    public func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value {
        try read("cannot read the store") { () throws(SQLiteError) in try connection.execute("BEGIN") }
        let value: Value
        do {
            value = try body()
        } catch {
            try? connection.execute("END")
            throw error
        }
        try read("cannot read the store") { () throws(SQLiteError) in try connection.execute("END") }
        return value
    }

    public func device(_ uuid: DeviceUUID) throws(ToolError) -> DeviceRecord? {
        try read("cannot read the store") { () throws(SQLiteError) in try fetch(uuid) }
    }

    public func evidence(of device: DeviceUUID) throws(ToolError) -> [Evidence] {
        try read("cannot read the store") { () throws(SQLiteError) in
            let select = try statement(
                """
                SELECT how, at, input_digest, profile FROM evidence
                WHERE device = (SELECT id FROM device WHERE uuid = ?) ORDER BY id
                """)
            try select.bind(.blob(device.bytes))
            var found: [Evidence] = []
            while try select.step() {
                guard let how = Evidence.How(rawValue: select.text(0)) else { continue }
                found.append(
                    Evidence(
                        how: how, at: select.integer(1), inputDigest: select.isNull(2) ? nil : select.blob(2),
                        profile: SigningProfile(rawValue: select.text(3))))
            }
            return found
        }
    }

    public func forEachDevice(_ body: (DeviceRecord) throws(ToolError) -> Bool) throws(ToolError) {
        let select = try read("cannot read the store") { () throws(SQLiteError) in
            try connection.prepare("SELECT \(Self.columns) FROM device ORDER BY uuid")
        }
        while let record = try read(
            "cannot read the store",
            { () throws(SQLiteError) in try select.step() ? Self.record(select) : nil })
        {
            guard try body(record) else { return }
        }
    }

    public func register(
        _ registrations: [Registration], at time: Int64
    ) throws(ToolError) -> [RegistrationOutcome] {
        try write("cannot write to the store") { () throws(SQLiteError) in
            var outcomes = [RegistrationOutcome](repeating: .unchanged, count: registrations.count)
            // By UUID, so that each page of the index is visited once; rows of one device keep their order.
            let uuids = registrations.map(\.uuid)
            let order = uuids.indices.sorted {
                (uuids[$0].high, uuids[$0].low, $0) < (uuids[$1].high, uuids[$1].low, $1)
            }
            for index in order { outcomes[index] = try apply(registrations[index], time) }
            return outcomes
        }
    }

    public func confirm(
        _ device: DeviceUUID, expectedKeyID: [UInt8]?, at time: Int64
    ) throws(ToolError) -> RegistrationOutcome {
        try write("cannot write to the store") { () throws(SQLiteError) in
            guard let record = try fetch(device), let key = record.key else {
                return .rejected(.init(.unknownKey, "no identity key is known for device \(device)"))
            }
            let kid = key.identity.publicKey.kid
            if let expectedKeyID, expectedKeyID != kid {
                return .rejected(
                    .init(.kidMismatch, "expected key \(Hex.encode(expectedKeyID)), found \(Hex.encode(kid))")
                )
            }
            if key.identity.trust == .trusted { return .unchanged }
            try statement("UPDATE device SET trust = 1 WHERE uuid = ?").run(.blob(device.bytes))
            try note(
                Evidence(how: .confirmed, at: time, inputDigest: nil, profile: key.profile), for: device)
            let confirmed = IdentityKey(publicKey: key.identity.publicKey, trust: .trusted)
            try noteTrust(confirmed, of: device, .confirmed, time)
            return .updated
        }
    }

    // MARK: One registration

    private func apply(_ registration: Registration, _ time: Int64) throws(SQLiteError) -> RegistrationOutcome
    {
        let known = try fetch(registration.uuid)
        if let imei = registration.imei, known?.imei == nil,
            let other = try owner(of: imei, besides: registration.uuid)
        {
            return .rejected(
                .init(
                    .duplicateDevice,
                    "IMEI \(imei) is registered for device \(other), found it for \(registration.uuid)"))
        }
        guard let known else {
            try insert(registration, time)
            try keep(registration, time)
            return .added
        }
        if let failure = Self.conflict(known, registration) { return .rejected(failure) }
        var changed = false
        if let imei = registration.imei, known.imei == nil {
            try statement("UPDATE device SET imei = ? WHERE uuid = ?")
                .run(.text(imei.description), .blob(registration.uuid.bytes))
            changed = true
        }
        if let key = registration.key, known.key == nil || (key.trust != .observed && known.isObserved) {
            // A key that is there is the same key: only its trust rises.
            try statement(
                """
                UPDATE device SET point = ?, trust = ?, key_since = coalesce(key_since, ?) WHERE uuid = ?
                """
            ).run(
                .blob(key.publicKey.point), .integer(Self.code(key.trust)), .integer(time),
                .blob(registration.uuid.bytes))
            try note(
                Evidence(
                    how: registration.how, at: time, inputDigest: registration.inputDigest, profile: nil),
                for: registration.uuid)
            try noteTrust(key, of: registration.uuid, registration.how, time)
            changed = true
        }
        if try keep(registration, time) { changed = true }
        return changed ? .updated : .unchanged
    }

    private static func conflict(_ known: DeviceRecord, _ registration: Registration) -> CheckFailure? {
        if let key = registration.key, let registered = known.key,
            registered.identity.publicKey != key.publicKey
        {
            return .init(
                .keyConflict,
                "device \(known.uuid) has another key: registered kid "
                    + "\(Hex.encode(registered.identity.publicKey.kid)), found \(Hex.encode(key.publicKey.kid))"
            )
        }
        if let imei = registration.imei, let registered = known.imei, registered != imei {
            return .init(
                .duplicateDevice, "device \(known.uuid) has IMEI \(registered), found \(imei)")
        }
        return nil
    }

    private func insert(_ registration: Registration, _ time: Int64) throws(SQLiteError) {
        let key = registration.key
        try statement(
            "INSERT INTO device (uuid, imei, registered_at, point, trust, key_since) VALUES (?, ?, ?, ?, ?, ?)"
        ).run(
            .blob(registration.uuid.bytes), registration.imei.map { .text($0.description) } ?? .null,
            .integer(time), key.map { .blob($0.publicKey.point) } ?? .null,
            key.map { .integer(Self.code($0.trust)) } ?? .null, key == nil ? .null : .integer(time))
        if let key {
            try note(
                Evidence(
                    how: registration.how, at: time, inputDigest: registration.inputDigest, profile: nil),
                for: registration.uuid)
            try noteTrust(key, of: registration.uuid, registration.how, time)
        }
    }

    /// Keeps the row's token; whether it was new.
    @discardableResult
    private func keep(_ registration: Registration, _ time: Int64) throws(SQLiteError) -> Bool {
        guard let token = registration.token else { return false }
        return try statement("INSERT OR IGNORE INTO token (uuid, digest, text, at) VALUES (?, ?, ?, ?)").run(
            .blob(registration.uuid.bytes), .blob(Digest.sha256(token)),
            .text(String(decoding: token, as: UTF8.self)), .integer(time)) > 0
    }

    // MARK: Rows

    func fetch(_ uuid: DeviceUUID) throws(SQLiteError) -> DeviceRecord? {
        let select = try statement("SELECT \(Self.columns) FROM device WHERE uuid = ?")
        try select.bind(.blob(uuid.bytes))
        defer { select.reset() }
        return try select.step() ? Self.record(select) : nil
    }

    func note(_ evidence: Evidence, for device: DeviceUUID) throws(SQLiteError) {
        try statement(
            """
            INSERT INTO evidence (device, at, how, input_digest, profile)
            VALUES ((SELECT id FROM device WHERE uuid = ?), ?, ?, ?, ?)
            """
        ).run(
            .blob(device.bytes), .integer(evidence.at), .text(evidence.how.rawValue),
            evidence.inputDigest.map { .blob($0) } ?? .null,
            evidence.profile.map { .text($0.rawValue) } ?? .null)
    }

    /// Notes in the audit chain that a device's key became known or more trusted.
    func noteTrust(
        _ key: IdentityKey, of device: DeviceUUID, _ how: Evidence.How, _ time: Int64
    ) throws(SQLiteError) {
        let trust: KeyTrust = key.trust == .observed ? .observed : .trusted
        try append(
            AuditEvent.trusted(device, key.publicKey.kid, trust: trust.rawValue, how: how.rawValue), at: time)
    }

    private static func record(_ row: Statement) -> DeviceRecord? {
        guard let uuid = DeviceUUID(bytes: row.blob(0)[...]) else { return nil }
        let key = P256PublicKey(x963: row.blob(3)[...]).map {
            RegisteredKey(
                identity: IdentityKey(publicKey: $0, trust: trust(row.integer(4))),
                profile: SigningProfile(rawValue: row.text(5)), since: row.integer(6))
        }
        return DeviceRecord(
            uuid: uuid, imei: row.isNull(1) ? nil : IMEI(text: row.text(1)), registeredAt: row.integer(2),
            key: key)
    }

    static func trust(_ code: Int64) -> KeyTrust { code == 1 ? .trusted : .observed }

    /// Only what a person stands for is trusted; `given` is a person's word on the command line.
    static func code(_ trust: KeyTrust) -> Int64 { trust == .observed ? 0 : 1 }
}

extension DeviceRecord {
    var isObserved: Bool { key?.identity.trust == .observed }
}
