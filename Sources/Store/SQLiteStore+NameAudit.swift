import DeviceIdentity
import Diagnostics
import Ledger
import SQLite

extension SQLiteStore {
    /// Names that two devices have, each by its own word for its key.
    ///
    /// Rows of one name are under one look-up key, which ``LookupIndexCheck`` makes sure of: only keys that come twice are
    /// looked at.
    func sharedNames() throws(SQLiteError) -> [LedgerFinding] {
        var findings: [LedgerFinding] = []
        var seen: Set<[Int64]> = []
        try lookup.shared { rows throws(SQLiteError) in try compare(rows, &seen, &findings) }
        return findings
    }

    private func compare(
        _ rows: [Int64], _ seen: inout Set<[Int64]>, _ findings: inout [LedgerFinding]
    ) throws(SQLiteError) {
        struct Name: Hashable {
            let authority: [UInt8]
            let text: String
        }
        var holders: [Name: IssuanceRecord] = [:]
        for id in rows {
            guard let row = try issuance(id: id), row.attestation != nil, let device = row.device else {
                continue
            }
            for key in SubjectKeys(row.subject).keys {
                let name = Name(authority: row.authority, text: key.text)
                guard let other = holders[name], let holder = other.device else {
                    holders[name] = row
                    continue
                }
                guard holder != device, seen.insert([other.id, id]).inserted else { continue }
                findings.append(
                    LedgerFinding(
                        .nameTaken,
                        "\(Hex.encode(row.serial)) gives device \(device) the name of device \(holder), which has it by "
                            + Hex.encode(other.serial), serial: row.serial))
            }
        }
    }

    /// Certificates that stand although another one of their key was revoked as compromised.
    func compromisedCertificates() throws(SQLiteError) -> [LedgerFinding] {
        let select = try connection.prepare(
            """
            SELECT serial, key_id FROM issuance NOT INDEXED JOIN certificate ON certificate.id = issuance.id
            WHERE revoked_at IS NULL AND key_id IN (SELECT key_id FROM issuance NOT INDEXED WHERE reason = 1)
            ORDER BY issuance.id
            """)
        var findings: [LedgerFinding] = []
        while try select.step() {
            let serial = select.blob(0)
            findings.append(
                LedgerFinding(
                    .revoked,
                    "\(Hex.encode(serial)) is not revoked, and its key \(Hex.encode(select.blob(1))) is compromised",
                    serial: serial))
        }
        return findings
    }
}
