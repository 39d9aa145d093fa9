import Diagnostics
import SQLite

/// Compares the CRLs that entries know with those that the ledger knows.
struct RevocationListCheck {
    private struct Name: Hashable {
        let authority: [UInt8]
        let number: Int64
    }

    private let store: SQLiteStore
    private var known: Set<Name> = []
    /// Entries from before schema version 5 say nothing of the times; one that does has to come after them.
    private var timeless: [Name: Int64] = [:]

    init(_ store: SQLiteStore) { self.store = store }

    mutating func check(
        _ authority: [UInt8], _ number: Int64, _ digest: [UInt8], _ row: RevocationListRow?,
        _ sequence: Int64
    ) throws(SQLiteError) -> LedgerFinding? {
        let name = Name(authority: authority, number: number)
        known.insert(name)
        timeless[name] = row == nil ? sequence : nil
        let found = try store.revocationList(authority, number)
        if let found, found.digest == digest, row == nil || row == found { return nil }
        return Self.finding(number, sequence)
    }

    func finish(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        let lists = try store.connection.singleInteger("SELECT count(*) FROM crl")
        if lists != Int64(known.count) {
            verdict.add(
                LedgerFinding(
                    .digest,
                    "the ledger knows \(lists) revocation lists, the audit chain \(known.count)"))
        }
        for (name, sequence) in timeless.sorted(by: { $0.value < $1.value }) {
            verdict.add(Self.finding(name.number, sequence))
        }
    }

    private static func finding(_ number: Int64, _ sequence: Int64) -> LedgerFinding {
        LedgerFinding(
            .digest, "CRL \(number) of entry \(sequence) is not the one that the ledger knows",
            sequence: sequence)
    }
}
