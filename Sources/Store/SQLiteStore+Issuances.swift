public import DeviceIdentity
public import Diagnostics
public import Ledger
import SQLite

/// Which rows of the ledger are wanted; all conditions have to hold.
public struct IssuanceFilter: Sendable, Equatable {
    public var status: IssuanceRecord.Status?
    public var device: DeviceUUID?
    public var profile: String?
    /// SHA-256 of the CA's name and key.
    public var authority: [UInt8]?
    /// The earliest time of issue (of the intent, without a certificate), seconds since 1970.
    public var issuedFrom: Int64?
    /// The first time of issue that is too late.
    public var issuedBefore: Int64?
    /// The latest end of validity.
    public var endsBy: Int64?
    /// Only rows with a certificate.
    public var certificatesOnly = false

    public init() {}

    /// Conditions in SQL and their values.
    func sql(at now: Int64, _ secret: LookupSecret) -> (text: String, values: [Statement.Value]) {
        var terms: [String] = []
        var values: [Statement.Value] = []
        func add(_ term: String, _ value: Statement.Value) {
            terms.append(term)
            values.append(value)
        }
        switch status {
        case nil: break
        case .intended: terms.append("certificate.id IS NULL")
        case .revoked: terms.append("certificate.id IS NOT NULL AND revoked_at IS NOT NULL")
        case .expired:
            add("certificate.id IS NOT NULL AND revoked_at IS NULL AND not_after < ?", .integer(now))
        case .valid:
            add("certificate.id IS NOT NULL AND revoked_at IS NULL AND not_after >= ?", .integer(now))
        }
        if certificatesOnly { terms.append("der IS NOT NULL") }
        if let device {
            add("device = ?", .blob(device.bytes))
            // All of a device's rows are among those under its look-up key.
            let place = "?\(values.count + 1)"
            add("issuance.id IN (\(LookupIndex.rows(of: place)))", .integer(secret.device(device).bits))
        }
        if let profile { add("profile = ?", .text(profile)) }
        if let authority { add("authority = ?", .blob(authority)) }
        if let issuedFrom { add("coalesce(issued_at, intended_at) >= ?", .integer(issuedFrom)) }
        if let issuedBefore { add("coalesce(issued_at, intended_at) < ?", .integer(issuedBefore)) }
        if let endsBy { add("not_after <= ?", .integer(endsBy)) }
        return (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "), values)
    }
}

extension SQLiteStore {
    /// The rows of the ledger that fit, in the order of their intents, one at a time; `body` returns false to stop.
    ///
    /// - Parameter now: decides what is expired, seconds since 1970.
    public func forEachIssuance(
        _ filter: IssuanceFilter = IssuanceFilter(), at now: Int64,
        _ body: (IssuanceRecord) throws(ToolError) -> Bool
    ) throws(ToolError) {
        let select = try read("cannot read the ledger") { () throws(SQLiteError) in
            let conditions = filter.sql(at: now, try lookup.secret())
            let select = try connection.prepare(
                """
                SELECT \(Self.issuanceColumns) FROM \(Self.issuanceTables)\(conditions.text)
                ORDER BY issuance.id
                """)
            try select.bind(conditions.values)
            return select
        }
        while let row = try read(
            "cannot read the ledger",
            { () throws(SQLiteError) in try select.step() ? Self.issuance(select) : nil })
        {
            guard try body(row) else { return }
        }
    }

    /// The row with this serial number.
    public func issuance(ofSerial serial: [UInt8]) throws(ToolError) -> IssuanceRecord? {
        try read("cannot read the ledger") { () throws(SQLiteError) in try issuance(serial: serial) }
    }

    /// The serial number of a row: of the one that another ``IssuanceRecord/replaces``.
    public func serial(ofRow id: Int64) throws(ToolError) -> [UInt8]? {
        try read("cannot read the ledger") { () throws(SQLiteError) in
            let select = try statement("SELECT serial FROM issuance WHERE id = ?")
            try select.bind(.integer(id))
            defer { select.reset() }
            return try select.step() ? select.blob(0) : nil
        }
    }

    /// The serial number of the row that was issued in place of this one.
    public func serial(replacingRow id: Int64) throws(ToolError) -> [UInt8]? {
        try read("cannot read the ledger") { () throws(SQLiteError) in
            let select = try statement("SELECT serial FROM issuance WHERE replaces = ? ORDER BY id LIMIT 1")
            try select.bind(.integer(id))
            defer { select.reset() }
            return try select.step() ? select.blob(0) : nil
        }
    }
}
