public import Attestation
public import DeviceIdentity
public import Diagnostics
import Ledger
import OpenSSL
public import Registry
package import SQLite

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
        try read("cannot read the store") { () throws(SQLiteError) in try record(of: uuid) }
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
            for index in RegistryRules.order(registrations) {
                let decision = try RegistryRules.register(registrations[index], in: self, at: time)
                if let draft = decision.draft { try enter(draft, at: time) }
                outcomes[index] = decision.outcome
            }
            return outcomes
        }
    }

    public func confirm(
        _ device: DeviceUUID, expectedKeyID: [UInt8]?, at time: Int64
    ) throws(ToolError) -> RegistrationOutcome {
        try write("cannot write to the store") { () throws(SQLiteError) in
            let decision = RegistryRules.confirm(
                device, try record(of: device), expectedKeyID: expectedKeyID, at: time)
            if let draft = decision.draft { try enter(draft, at: time) }
            return decision.outcome
        }
    }

    public func remove(_ device: DeviceUUID, at time: Int64) throws(ToolError) -> RegistrationOutcome {
        try write("cannot write to the store") { () throws(SQLiteError) in
            guard try record(of: device) != nil else {
                return .rejected(.init(.unknownKey, "device \(device) is not in the registry"))
            }
            try append(AuditEvent.removed(device), at: time)
            try forgetEvidence(of: device)
            try statement("DELETE FROM token WHERE uuid = ?").run(.blob(device.bytes))
            try statement("DELETE FROM device WHERE uuid = ?").run(.blob(device.bytes))
            return .removed
        }
    }

    // MARK: Rows

    package func record(of uuid: DeviceUUID) throws(SQLiteError) -> DeviceRecord? {
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

extension SQLiteStore: RegistryTables {
    package typealias Failure = SQLiteError

    package func hasToken(_ digest: [UInt8], of device: DeviceUUID) throws(SQLiteError) -> Bool {
        let select = try statement("SELECT 1 FROM token WHERE uuid = ? AND digest = ?")
        try select.bind(.blob(device.bytes), .blob(digest))
        defer { select.reset() }
        return try select.step()
    }
}
