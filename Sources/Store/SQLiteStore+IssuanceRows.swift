import Attestation
import DeviceIdentity
import Ledger
import OpenSSL
import Registry
import SQLite

extension SQLiteStore {
    /// What ``issuance(_:)`` reads, from ``issuanceTables``.
    static let issuanceColumns = """
        issuance.id, authority, profile, request, serial, key_id, device, subject, not_before, not_after, \
        tbs_digest, attestation_profile, attestation_key, intended_at, issued_at, der, replaces, replaced_by, \
        revoked_at, reason
        """

    static let issuanceTables = """
        issuance JOIN series ON series.id = issuance.series \
        LEFT JOIN certificate ON certificate.id = issuance.id
        """

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
            replaces: row.isNull(16) ? nil : row.integer(16), isCurrent: row.integer(17) == 0,
            revokedAt: row.isNull(18) ? nil : row.integer(18),
            reason: row.isNull(19) ? nil : row.integer(19))
    }

    func issuance(id: Int64) throws(SQLiteError) -> IssuanceRecord? {
        let select = try statement(
            "SELECT \(Self.issuanceColumns) FROM \(Self.issuanceTables) WHERE issuance.id = ?")
        try select.bind(.integer(id))
        defer { select.reset() }
        return try select.step() ? Self.issuance(select) : nil
    }

    func issuance(serial: [UInt8]) throws(SQLiteError) -> IssuanceRecord? {
        let select = try statement(
            "SELECT \(Self.issuanceColumns) FROM \(Self.issuanceTables) WHERE serial = ?")
        try select.bind(.blob(serial))
        defer { select.reset() }
        return try select.step() ? Self.issuance(select) : nil
    }
}
