import Attestation
import DeviceIdentity
public import Diagnostics
import OpenSSL
import SQLite

extension SQLiteStore: IssuanceLedger {
    static let issuanceColumns = """
        id, authority, profile, request, serial, key_id, device, subject, not_before, not_after, tbs_digest, \
        attestation_profile, attestation_key, intended_at, issued_at, certificate, fingerprint, replaces, \
        is_current, revoked_at, reason
        """

    public func exchange(
        _ signed: [SignedIntent], _ intents: [IssuanceIntent], reissue: Bool, at time: Int64
    ) throws(ToolError) -> (certificates: [[UInt8]], outcomes: [IntentOutcome]) {
        try write("cannot write to the ledger") { () throws(SQLiteError) in
            var certificates: [[UInt8]] = []
            for entry in signed { certificates.append(try enter(entry, time)) }
            var outcomes: [IntentOutcome] = []
            var noted: Set<Int64> = []
            for intent in intents {
                let outcome = try note(intent, noted, reissue, time)
                if case .sign(let draft) = outcome { noted.insert(draft.id) }
                outcomes.append(outcome)
            }
            return (certificates, outcomes)
        }
    }

    // MARK: Certificates

    /// Enters a certificate, unless another process was first; returns the one that stands.
    private func enter(_ signed: SignedIntent, _ time: Int64) throws(SQLiteError) -> [UInt8] {
        let fingerprint = Digest.sha256(signed.certificate)
        let update = try ledgerStatements.get().enter
        try update.bind(
            .blob(signed.certificate), .blob(fingerprint), .integer(time), .integer(signed.id))
        guard try update.step() else {
            return try issuance(id: signed.id)?.certificate ?? signed.certificate
        }
        let body = AuditEvent.issued(
            authority: update.blob(0), profile: update.text(1), serial: update.blob(2),
            request: update.blob(3),
            fingerprint: fingerprint)
        // The change is made only when the statement has been run to its end.
        _ = try update.step()
        try append(body, at: time)
        return signed.certificate
    }

    // MARK: Intents

    private func note(
        _ intent: IssuanceIntent, _ noted: Set<Int64>, _ reissue: Bool, _ time: Int64
    ) throws(SQLiteError) -> IntentOutcome {
        if let failure = try keyFailure(intent) { return .rejected(failure) }
        var replaced: Int64?
        if let row = try current(intent) {
            if noted.contains(row.id) { return .sameAs(id: row.id) }
            if row.certificate == nil {
                guard let tbs = try storedTBS(row.id), Digest.sha256(tbs) == row.tbsDigest else {
                    return .rejected(
                        .init(.lint, "the draft of an earlier run in the ledger is not the one it intended"))
                }
                return .sign(
                    .init(
                        id: row.id, tbs: tbs, serial: row.serial, notBefore: row.notBefore,
                        notAfter: row.notAfter))
            }
            if !reissue {
                if row.revokedAt != nil {
                    let message = "the certificate of this request was revoked; --reissue asks for a new one"
                    return .rejected(.init(.revoked, message))
                }
                return .existing(row)
            }
            replaced = row.id
        } else if let other = try otherRequest(intent) {
            guard reissue else {
                return .rejected(
                    .init(
                        .duplicateDevice,
                        "device \(intent.device?.description ?? intent.subject) has a certificate under this profile "
                            + "from another request, serial \(Hex.encode(other.serial)); --reissue asks for a new one"
                    ))
            }
            replaced = other.id
        }
        if let replaced {
            try statement("UPDATE issuance SET is_current = 0 WHERE id = ?").run(.integer(replaced))
        }
        let id = try insert(intent, replaces: replaced, time)
        return .sign(
            .init(
                id: id, tbs: intent.tbs, serial: intent.serial, notBefore: intent.notBefore,
                notAfter: intent.notAfter))
    }

    /// The same public key under another device, or under another name where no device is known.
    private func keyFailure(_ intent: IssuanceIntent) throws(SQLiteError) -> CheckFailure? {
        let select = try ledgerStatements.get().keyOwners
        try select.bind(.blob(intent.authority), .blob(intent.keyID))
        defer { select.reset() }
        while try select.step() {
            let device = select.isNull(0) ? nil : DeviceUUID(bytes: select.blob(0)[...])
            let isSame =
                if let known = device, let asked = intent.device { known == asked } else {
                    select.text(1) == intent.subject
                }
            if !isSame {
                return .init(
                    .keyReused,
                    "the public key is certified for another device: "
                        + (device?.description ?? select.text(1)))
            }
        }
        return nil
    }

    private func current(_ intent: IssuanceIntent) throws(SQLiteError) -> IssuanceRecord? {
        let select = try ledgerStatements.get().current
        try select.bind(.blob(intent.authority), .text(intent.profile), .blob(intent.request))
        defer { select.reset() }
        return try select.step() ? Self.issuance(select) : nil
    }

    /// Another request's certificate or intent for the same device under the same profile.
    private func otherRequest(_ intent: IssuanceIntent) throws(SQLiteError) -> IssuanceRecord? {
        guard let device = intent.device else { return nil }
        let select = try ledgerStatements.get().ofDevice
        try select.bind(.blob(device.bytes), .blob(intent.authority), .text(intent.profile))
        defer { select.reset() }
        return try select.step() ? Self.issuance(select) : nil
    }

    private func storedTBS(_ id: Int64) throws(SQLiteError) -> [UInt8]? {
        let select = try statement("SELECT tbs FROM issuance WHERE id = ?")
        try select.bind(.integer(id))
        defer { select.reset() }
        return try select.step() && !select.isNull(0) ? select.blob(0) : nil
    }

    private func insert(
        _ intent: IssuanceIntent, replaces: Int64?, _ time: Int64
    ) throws(SQLiteError) -> Int64 {
        try ledgerStatements.get().intend.run(
            .blob(intent.authority), .text(intent.profile), .blob(intent.request), .blob(intent.serial),
            .blob(intent.keyID), intent.device.map { .blob($0.bytes) } ?? .null, .text(intent.subject),
            .integer(intent.notBefore), .integer(intent.notAfter), .blob(Digest.sha256(intent.tbs)),
            .blob(intent.tbs), intent.attestation.map { .text($0.profile.rawValue) } ?? .null,
            intent.attestation.map { .blob($0.keyID) } ?? .null, .integer(time),
            replaces.map { .integer($0) } ?? .null)
        return connection.lastInsertedRow
    }

    // MARK: Rows

    func issuance(id: Int64) throws(SQLiteError) -> IssuanceRecord? {
        let select = try statement("SELECT \(Self.issuanceColumns) FROM issuance WHERE id = ?")
        try select.bind(.integer(id))
        defer { select.reset() }
        return try select.step() ? Self.issuance(select) : nil
    }

    static func issuance(_ row: Statement) -> IssuanceRecord {
        let attestation = SigningProfile(rawValue: row.text(11)).map {
            AttestationEvidence(profile: $0, keyID: row.blob(12))
        }
        return IssuanceRecord(
            id: row.integer(0), authority: row.blob(1), profile: row.text(2), request: row.blob(3),
            serial: row.blob(4), keyID: row.blob(5),
            device: row.isNull(6) ? nil : DeviceUUID(bytes: row.blob(6)[...]), subject: row.text(7),
            notBefore: row.integer(8), notAfter: row.integer(9), tbsDigest: row.blob(10),
            attestation: attestation, intendedAt: row.integer(13),
            issuedAt: row.isNull(14) ? nil : row.integer(14),
            certificate: row.isNull(15) ? nil : row.blob(15),
            fingerprint: row.isNull(16) ? nil : row.blob(16),
            replaces: row.isNull(17) ? nil : row.integer(17), isCurrent: row.integer(18) == 1,
            revokedAt: row.isNull(19) ? nil : row.integer(19),
            reason: row.isNull(20) ? nil : row.integer(20))
    }
}

/// The statements that every certificate runs.
final class LedgerStatements {
    let keyOwners: Statement
    let current: Statement
    let ofDevice: Statement
    let intend: Statement
    let enter: Statement
    let addEvent: Statement

    init(_ store: SQLiteStore) throws(SQLiteError) {
        let columns = SQLiteStore.issuanceColumns
        keyOwners = try store.statement(
            "SELECT device, subject FROM issuance WHERE authority = ? AND key_id = ? LIMIT 64")
        current = try store.statement(
            """
            SELECT \(columns) FROM issuance
            WHERE authority = ? AND profile = ? AND request = ? AND is_current = 1
            """)
        ofDevice = try store.statement(
            """
            SELECT \(columns) FROM issuance
            WHERE device = ? AND authority = ? AND profile = ? AND is_current = 1
            """)
        intend = try store.statement(
            """
            INSERT INTO issuance (authority, profile, request, serial, key_id, device, subject, not_before,
                not_after, tbs_digest, tbs, attestation_profile, attestation_key, intended_at, replaces)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        enter = try store.statement(
            """
            UPDATE issuance SET certificate = ?, fingerprint = ?, issued_at = ?, tbs = NULL
            WHERE id = ? AND certificate IS NULL
            RETURNING authority, profile, serial, request
            """)
        addEvent = try store.statement("INSERT INTO event (seq, at, body, hash) VALUES (?, ?, ?, ?)")
    }
}
