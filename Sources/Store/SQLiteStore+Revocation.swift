public import DeviceIdentity
public import Diagnostics
public import Ledger
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

/// What became of a serial number, and of others with it.
public struct Revocation: Sendable, Equatable {
    public let outcome: RevocationOutcome
    /// What else was revoked with it: the certificates of the same compromised key, and intents, which will never become
    /// certificates.
    public let others: [IssuanceRecord]
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
    /// It never waits for a clock: see ``revocationTime(_:)``.
    ///
    /// A certificate that is revoked already keeps its time. Its reason changes only from certificateHold to
    /// another, and from any to keyCompromise, which may come out later. A compromised key takes everything of the ledger
    /// with it that has this key, of whatever CA and profile.
    ///
    /// - Parameter authority: the CA that revokes, which revokes nobody else's but those of a compromised key of its own;
    ///   `nil` for whichever issued it.
    public func revoke(
        _ serials: [[UInt8]], issuedBy authority: [UInt8]? = nil, reason: RevocationReason, at time: Int64
    ) throws(ToolError) -> [Revocation] {
        try write("cannot write to the ledger") { () throws(SQLiteError) in
            let time = try revocationTime(time)
            var revocations: [Revocation] = []
            // Rows that went with one of the same call are as good as revoked by their own number.
            var taken: Set<Int64> = []
            for serial in serials {
                var outcome = try revoke(serial, authority, reason, time)
                var others: [IssuanceRecord] = []
                switch outcome {
                case .existing(let row) where taken.contains(row.id): outcome = .revoked(row)
                case .revoked(let row), .existing(let row):
                    if reason == .keyCompromise { others = try revokeTwins(of: row, time) }
                case .rejected: break
                }
                taken.formUnion(others.map(\.id))
                revocations.append(Revocation(outcome: outcome, others: others))
            }
            return revocations
        }
    }

    /// Revokes what has the same key.
    private func revokeTwins(of row: IssuanceRecord, _ time: Int64) throws(SQLiteError) -> [IssuanceRecord] {
        var revoked: [IssuanceRecord] = []
        for twin in LedgerRules.twins(of: row, among: try records(ofKey: row.keyID)) {
            try enterRevocation(of: twin, .keyCompromise, time)
            if let changed = try issuance(id: twin.id) { revoked.append(changed) }
        }
        return revoked
    }

    private func enterRevocation(
        of row: IssuanceRecord, _ reason: RevocationReason, _ time: Int64
    ) throws(SQLiteError) {
        try statement("UPDATE issuance SET revoked_at = coalesce(revoked_at, ?), reason = ? WHERE id = ?")
            .run(.integer(time), .integer(Int64(reason.rawValue)), .integer(row.id))
        try append(AuditEvent.revoked(row, reason: Int64(reason.rawValue)), at: time)
    }

    private func revoke(
        _ serial: [UInt8], _ authority: [UInt8]?, _ reason: RevocationReason, _ time: Int64
    ) throws(SQLiteError) -> RevocationOutcome {
        switch LedgerRules.revocation(of: serial, try issuance(serial: serial), by: authority, for: reason) {
        case .rejected(let failure): return .rejected(failure)
        case .existing(let row): return .existing(row)
        case .revoke(let row):
            try enterRevocation(of: row, reason, time)
            return .revoked(try issuance(id: row.id) ?? row)
        }
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
    /// Like revoking it never waits for a clock: a list that says when it was really made counts at once, whatever an
    /// earlier one or the last entry of the ledger says.
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
                let der = try sign(order)
                let row = RevocationListRow(
                    authority: authority, number: order.number, thisUpdate: thisUpdate,
                    nextUpdate: nextUpdate, digest: Digest.sha256(der))
                try read("cannot write to the ledger") { () throws(SQLiteError) in
                    try statement("INSERT INTO crl VALUES (?, ?, ?, ?, ?)").run(
                        .blob(authority), .integer(row.number), .integer(thisUpdate), .integer(nextUpdate),
                        .blob(row.digest))
                    // A list is no word for the clock: what comes after it is held against the same time as before.
                    try append(AuditEvent.revocationList(row), at: try revocationTime(thisUpdate))
                }
                return (order.number, der)
            }, mapError: { storeError("cannot write to the ledger", path, $0, role) })
    }

    private func nextOrder(
        _ authority: [UInt8], _ thisUpdate: Int64
    ) throws(SQLiteError) -> RevocationListOrder {
        let last = try statement("SELECT max(number) FROM crl WHERE authority = ?")
        try last.bind(.blob(authority))
        var number: Int64 = 1
        if try last.step(), !last.isNull(0) {
            // A number at the end of the range can only be somebody's tampering; the insert then fails.
            number = last.integer(0) == Int64.max ? Int64.max : last.integer(0) + 1
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
            // A clock that was wrong once dates revocations far ahead; to a verifier they would not have begun.
            certificates.append(
                RevokedCertificate(
                    serial: select.blob(0), at: min(select.integer(1), thisUpdate),
                    reason: reason ?? .unspecified))
        }
        return RevocationListOrder(number: number, certificates: certificates)
    }
}
