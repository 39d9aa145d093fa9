import DeviceIdentity
import Diagnostics
import SQLite

extension SQLiteStore {
    /// Names that two devices have, each by its own word for its key.
    ///
    /// Rows of one name are filed under one mark, which ``RowCheck`` makes sure of: only marks that come twice are looked
    /// at.
    func sharedNames() throws(SQLiteError) -> [LedgerFinding] {
        let select = try connection.prepare(
            """
            SELECT mark, issuance FROM
                (SELECT mark, issuance FROM recent_mark UNION ALL SELECT mark, issuance FROM mark)
            ORDER BY mark, issuance
            """)
        var findings: [LedgerFinding] = []
        var seen: Set<[Int64]> = []
        var mark: Int64?
        var rows: [Int64] = []
        func finish() throws(SQLiteError) {
            if rows.count > 1 { try compare(rows, &seen, &findings) }
            rows = []
        }
        while try select.step() {
            if select.integer(0) != mark { try finish() }
            mark = select.integer(0)
            rows.append(select.integer(1))
        }
        try finish()
        return findings
    }

    private func compare(
        _ rows: [Int64], _ seen: inout Set<[Int64]>, _ findings: inout [LedgerFinding]
    ) throws(SQLiteError) {
        struct Holder {
            let row: IssuanceRecord
            let keys: [SubjectKeys.Key]
        }
        var holders: [Holder] = []
        for id in rows {
            guard let row = try issuance(id: id), row.attestation != nil, let device = row.device else { continue }
            let keys = SubjectKeys(row.subject).keys
            let other = holders.first { holder in
                holder.row.authority == row.authority && holder.row.device != device
                    && holder.keys.contains(where: keys.contains)
            }
            if let other, let holder = other.row.device, seen.insert([other.row.id, id]).inserted {
                findings.append(
                    LedgerFinding(
                        .nameTaken,
                        "\(Hex.encode(row.serial)) gives device \(device) the name of device \(holder), which has it by "
                            + Hex.encode(other.row.serial), serial: row.serial))
            }
            // One row for each device and name is enough to be compared with.
            if !holders.contains(where: { $0.row.device == device && $0.keys == keys }) {
                holders.append(Holder(row: row, keys: keys))
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
