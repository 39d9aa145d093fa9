import DeviceIdentity
import Diagnostics
import SQLite

/// Compares used nonces with the entries that vouch for them: one that is gone would let a token pass again.
struct NonceCheck {
    private var rows: CoveredRows

    init(_ store: SQLiteStore) throws(SQLiteError) {
        rows = try CoveredRows("SELECT seq, uuid, nonce, at FROM nonce ORDER BY seq, uuid, nonce", store)
    }

    mutating func check(
        count: Int64, _ expected: [UInt8], _ sequence: Int64
    ) throws(SQLiteError) -> [LedgerFinding] {
        var digest = RunningDigest()
        var findings: [LedgerFinding] = []
        try rows.take(
            sequence,
            { digest.add(SQLiteStore.nonceOctets($0.blob(1), $0.blob(2), $0.integer(3))) },
            stray: { findings.append(Self.stray($0)) })
        if digest.count != count || digest.value != expected {
            findings.append(
                LedgerFinding(
                    .digest,
                    "the used nonces of entry \(sequence) are not what the store says: expected "
                        + "\(count), found \(digest.count == count ? "others" : "\(digest.count)")",
                    sequence: sequence))
        }
        return findings
    }

    mutating func finish(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        try rows.rest { verdict.add(Self.stray($0)) }
    }

    private static func stray(_ row: Statement) -> LedgerFinding {
        let device = DeviceUUID(bytes: row.blob(1)[...])?.description ?? "-"
        return LedgerFinding(
            .digest, "no entry of the audit chain vouches for a used nonce of device \(device)")
    }
}
