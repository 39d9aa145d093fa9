public import DeviceIdentity
public import Diagnostics
import OpenSSL
public import PKIX
import SQLite

/// What became of one serial number that was to be revoked.
public enum RevocationOutcome: Sendable, Equatable {
    case revoked(IssuanceRecord)
    /// It was revoked for the same reason before.
    case existing(IssuanceRecord)
    case rejected(CheckFailure)
}

/// A revoked certificate of a CA.
public struct RevokedCertificate: Sendable, Equatable {
    public let serial: [UInt8]
    /// Seconds since 1970.
    public let at: Int64
    public let reason: RevocationReason
}

/// What a new CRL has to say.
public struct RevocationListOrder: Sendable, Equatable {
    /// One more than the CA's last.
    public let number: Int64
    /// In the order of the serial numbers.
    public let certificates: [RevokedCertificate]
}

extension SQLiteStore {
    /// Revokes certificates, all in one transaction: when it returns they are revoked on disk.
    ///
    /// A certificate that is revoked already keeps its time. Its reason changes only from certificateHold to
    /// another, and from any to keyCompromise, which may come out later.
    ///
    /// - Parameter authority: the CA that revokes, which revokes nobody else's; `nil` for whichever issued it.
    public func revoke(
        _ serials: [[UInt8]], issuedBy authority: [UInt8]? = nil, reason: RevocationReason, at time: Int64
    ) throws(ToolError) -> [RevocationOutcome] {
        try write("cannot write to the ledger") { () throws(SQLiteError) in
            var outcomes: [RevocationOutcome] = []
            for serial in serials { outcomes.append(try revoke(serial, authority, reason, time)) }
            return outcomes
        }
    }

    private func revoke(
        _ serial: [UInt8], _ authority: [UInt8]?, _ reason: RevocationReason, _ time: Int64
    ) throws(SQLiteError) -> RevocationOutcome {
        let name = Hex.encode(serial)
        guard let row = try issuance(serial: serial) else {
            return .rejected(
                CheckFailure(.unknownKey, "the ledger has no certificate with the serial number \(name)"))
        }
        guard authority == nil || row.authority == authority else {
            return .rejected(
                CheckFailure(.unknownKey, "\(name) is a certificate of another CA of the ledger"))
        }
        guard row.certificate != nil else {
            return .rejected(
                CheckFailure(.unknownKey, "\(name) is an intent that never became a certificate"))
        }
        if row.revokedAt != nil {
            let known = row.reason.flatMap { UInt8(exactly: $0) }.flatMap(RevocationReason.init(rawValue:))
            if known == reason { return .existing(row) }
            guard known == .certificateHold || reason == .keyCompromise else {
                return .rejected(
                    CheckFailure(
                        .revoked, "\(name) is revoked for another reason, \(known?.name ?? "unknown")"))
            }
        }
        try statement("UPDATE issuance SET revoked_at = coalesce(revoked_at, ?), reason = ? WHERE id = ?")
            .run(
                .integer(time), .integer(Int64(reason.rawValue)), .integer(row.id))
        try append(AuditEvent.revoked(row, reason: Int64(reason.rawValue)), at: time)
        return .revoked(try issuance(id: row.id) ?? row)
    }

    /// The serial numbers of a device's certificates that are not revoked; of all, if all are.
    public func serialsToRevoke(
        of device: DeviceUUID, issuedBy authority: [UInt8]? = nil
    ) throws(ToolError) -> [[UInt8]] {
        var standing: [[UInt8]] = []
        var revoked: [[UInt8]] = []
        var filter = IssuanceFilter()
        filter.device = device
        filter.authority = authority
        filter.certificatesOnly = true
        try forEachIssuance(filter, at: 0) { row throws(ToolError) in
            if row.revokedAt == nil { standing.append(row.serial) } else { revoked.append(row.serial) }
            return true
        }
        return standing.isEmpty ? revoked : standing
    }

    /// Makes the next CRL of a CA: `sign` composes and signs it, then its number and digest are on disk, then it is
    /// returned. Nobody else writes to the store in between, so no two CRLs have one number.
    ///
    /// - Throws: ``ToolError`` with `validity` when `thisUpdate` lies before that of the last CRL.
    public func issueRevocationList(
        authority: [UInt8], thisUpdate: Int64, nextUpdate: Int64,
        sign: (RevocationListOrder) throws(ToolError) -> [UInt8]
    ) throws(ToolError) -> (number: Int64, der: [UInt8]) {
        let path = path
        chainHead = nil
        defer { chainHead = nil }
        return try connection.transaction(
            { () throws(ToolError) in
                let order = try read("cannot read the ledger") { () throws(SQLiteError) in
                    try nextOrder(authority, thisUpdate)
                }
                guard let order else {
                    throw ToolError(
                        .validity, "the last CRL of this CA is of a later time than now",
                        hint: "check the clock of this machine")
                }
                let der = try sign(order)
                let digest = Digest.sha256(der)
                try read("cannot write to the ledger") { () throws(SQLiteError) in
                    try statement("INSERT INTO crl VALUES (?, ?, ?, ?, ?)").run(
                        .blob(authority), .integer(order.number), .integer(thisUpdate), .integer(nextUpdate),
                        .blob(digest))
                    try append(
                        AuditEvent.revocationList(authority: authority, number: order.number, digest: digest),
                        at: thisUpdate)
                }
                return (order.number, der)
            }, mapError: { storeError("cannot write to the ledger", path, $0) })
    }

    /// `nil` when the last CRL is of a later time.
    private func nextOrder(_ authority: [UInt8], _ thisUpdate: Int64) throws(SQLiteError)
        -> RevocationListOrder?
    {
        let last = try statement("SELECT max(number), max(this_update) FROM crl WHERE authority = ?")
        try last.bind(.blob(authority))
        var number: Int64 = 1
        if try last.step(), !last.isNull(0) {
            // A number at the end of the range can only be somebody's tampering; the insert then fails.
            number = last.integer(0) == Int64.max ? Int64.max : last.integer(0) + 1
            if last.integer(1) > thisUpdate {
                last.reset()
                return nil
            }
        }
        last.reset()
        let select = try statement(
            """
            SELECT serial, revoked_at, reason FROM issuance JOIN series ON series.id = issuance.series
            WHERE authority = ? AND revoked_at IS NOT NULL ORDER BY length(serial), serial
            """)
        try select.bind(.blob(authority))
        var certificates: [RevokedCertificate] = []
        while try select.step() {
            let reason = UInt8(exactly: select.integer(2)).flatMap(RevocationReason.init(rawValue:))
            certificates.append(
                RevokedCertificate(
                    serial: select.blob(0), at: select.integer(1), reason: reason ?? .unspecified))
        }
        return RevocationListOrder(number: number, certificates: certificates)
    }
}
