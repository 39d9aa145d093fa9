public import Attestation
public import DeviceIdentity
public import Diagnostics
import OpenSSL
import SQLite

extension SQLiteStore: DeviceRegistry {
    private static let selectDevice = "SELECT \(columns) FROM device WHERE uuid = ?"
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
        try read("cannot read the store") { () throws(SQLiteError) in try pieces(of: device) }
    }

    func pieces(of device: DeviceUUID) throws(SQLiteError) -> [Evidence] {
        let select = try statement(
            """
            SELECT how, at, input_digest, profile FROM evidence
            WHERE device = (SELECT id FROM device WHERE uuid = ?) ORDER BY id
            """)
        try select.bind(.blob(device.bytes))
        var found: [Evidence] = []
        while try select.step() {
            if let evidence = Self.evidence(select) { found.append(evidence) }
        }
        return found
    }

    /// Reads `how, at, input_digest, profile`.
    static func evidence(_ row: Statement) -> Evidence? {
        Evidence.How(rawValue: row.text(0)).map {
            Evidence(
                how: $0, at: row.integer(1), inputDigest: row.isNull(2) ? nil : row.blob(2),
                profile: SigningProfile(rawValue: row.text(3)))
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
            for index in Self.order(registrations) { outcomes[index] = try apply(registrations[index], time) }
            return outcomes
        }
    }

    /// By UUID, so that each page of the index is visited once; rows of one device keep their order. Where two devices
    /// say one IMEI the first row has it, whatever their UUIDs.
    private static func order(_ registrations: [Registration]) -> [Int] {
        let uuids = registrations.map(\.uuid)
        var owners: [IMEI: DeviceUUID] = [:]
        for registration in registrations {
            guard let imei = registration.imei else { continue }
            let owner = owners.updateValue(registration.uuid, forKey: imei)
            if let owner, owner != registration.uuid { return Array(uuids.indices) }
        }
        return uuids.indices.sorted {
            (uuids[$0].high, uuids[$0].low, $0) < (uuids[$1].high, uuids[$1].low, $1)
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
            var draft = DeviceDraft(record)
            draft.trust(key.identity.publicKey)
            draft.evidence = [
                Evidence(how: .confirmed, at: time, inputDigest: nil, profile: key.profile)
            ]
            try enter(draft, at: time)
            return .updated
        }
    }

    public func remove(_ device: DeviceUUID, at time: Int64) throws(ToolError) -> RegistrationOutcome {
        try write("cannot write to the store") { () throws(SQLiteError) in
            guard try fetch(device) != nil else {
                return .rejected(.init(.unknownKey, "device \(device) is not in the registry"))
            }
            try append(AuditEvent.removed(device), at: time)
            try forgetEvidence(of: device)
            try statement("DELETE FROM token WHERE uuid = ?").run(.blob(device.bytes))
            try statement("DELETE FROM device WHERE uuid = ?").run(.blob(device.bytes))
            return .removed
        }
    }

    // MARK: One registration

    private func apply(_ registration: Registration, _ time: Int64) throws(SQLiteError) -> RegistrationOutcome
    {
        let known = try fetch(registration.uuid)
        if let known, let failure = Self.conflict(known, registration) { return .rejected(failure) }
        if let imei = registration.imei, known?.imei == nil,
            let other = try owner(of: imei, besides: registration.uuid)
        {
            return .rejected(
                .init(
                    .duplicateDevice,
                    "IMEI \(imei) is registered for device \(other), found it for \(registration.uuid)"))
        }
        var draft = known.map(DeviceDraft.init) ?? DeviceDraft(new: registration.uuid, at: time)
        var outcome: RegistrationOutcome = known == nil ? .added : .unchanged
        if let imei = registration.imei, known?.imei == nil {
            draft.record.imei = imei
            if known != nil { outcome = .updated }
        }
        // A key that is there is the same key, whose trust only rises, or gives way to a trusted one.
        if let key = registration.key,
            known?.key == nil || (key.trust != .observed && known?.isObserved == true)
        {
            draft.set(key, at: time)
            draft.evidence = [
                Evidence(how: registration.how, at: time, inputDigest: registration.inputDigest, profile: nil)
            ]
            if known != nil { outcome = draft.replaced == nil ? .updated : .replaced }
        }
        if let token = registration.token, let new = try newToken(token, of: registration.uuid) {
            draft.token = new
            if outcome == .unchanged { outcome = .updated }
        }
        if outcome != .unchanged { try enter(draft, at: time) }
        return outcome
    }

    private static func conflict(_ known: DeviceRecord, _ registration: Registration) -> CheckFailure? {
        if let key = registration.key, let registered = known.key,
            registered.identity.publicKey != key.publicKey,
            !(registration.replacesObserved && known.isObserved && key.trust != .observed)
        {
            return .init(
                .keyConflict,
                "device \(known.uuid) has another key: registered kid "
                    + "\(Hex.encode(registered.identity.publicKey.kid))"
                    + "\(known.isObserved ? " (observed)" : ""), found \(Hex.encode(key.publicKey.kid))"
            )
        }
        if let imei = registration.imei, let registered = known.imei, registered != imei {
            return .init(
                .duplicateDevice, "device \(known.uuid) has IMEI \(registered), found \(imei)")
        }
        return nil
    }

    /// The token, if it is not kept yet.
    private func newToken(
        _ text: [UInt8], of device: DeviceUUID
    ) throws(SQLiteError) -> DeviceDraft.Token? {
        let digest = Digest.sha256(text)
        let select = try statement("SELECT 1 FROM token WHERE uuid = ? AND digest = ?")
        try select.bind(.blob(device.bytes), .blob(digest))
        defer { select.reset() }
        return try select.step() ? nil : .init(text: text, digest: digest)
    }

    // MARK: Rows

    func fetch(_ uuid: DeviceUUID) throws(SQLiteError) -> DeviceRecord? {
        let select = try statement(Self.selectDevice)
        try select.bind(.blob(uuid.bytes))
        defer { select.reset() }
        return try select.step() ? Self.record(select) : nil
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
