import Attestation
import DeviceIdentity
import Ledger
import SQLite

/// The certificates that a dry run plans: rows beside those of the ledger, in temporary tables of a connection that only
/// reads. SQLite keeps them in memory, and where they are many in a file without a name; the ledger has nothing of them.
final class PlannedRows {
    /// Behind this number are planned rows alone: no ledger has so many.
    private static let base: Int64 = 1 << 62

    /// The pairs of CA and profile, with those that the dry run alone has.
    var series: LedgerSeries?
    /// The last row of the ledger before the dry run.
    private(set) var lastKept: Int64?
    /// The last row that was planned.
    private(set) var last = base

    /// - Parameter store: a connection of the dry run's own.
    init(_ store: SQLiteStore) throws(SQLiteError) {
        try store.connection.execute(
            """
            CREATE TEMP TABLE planned (
                id INTEGER PRIMARY KEY,
                series INTEGER NOT NULL,
                request BLOB NOT NULL,
                serial BLOB,
                key_id BLOB NOT NULL,
                device BLOB,
                subject TEXT NOT NULL,
                attestation_profile TEXT,
                replaced_by INTEGER NOT NULL DEFAULT 0,
                reason INTEGER
            );
            CREATE TEMP TABLE \(Self.index) (
                mark INTEGER NOT NULL,
                issuance INTEGER NOT NULL,
                PRIMARY KEY (mark, issuance)
            ) WITHOUT ROWID;
            CREATE TEMP TABLE planned_replacement (id INTEGER PRIMARY KEY, replaced_by INTEGER NOT NULL);
            """)
    }

    /// Notes where the ledger ended when the dry run began.
    func begin(after last: Int64) { if lastKept == nil { lastKept = last } }

    func isPlanned(_ id: Int64) -> Bool { id > Self.base }

    /// The table by which planned rows are found, beside those of the ``LookupIndex``.
    static let index = "planned_mark"

    /// SQL for the planned rows under a look-up key.
    static func rows(of place: String) -> String { "SELECT issuance FROM \(index) WHERE mark = \(place)" }

    /// SQL for what stands in a row of the ledger, or is to stand there, as its `replaced_by`.
    static let replacedBy = """
        (SELECT coalesce(max(replacement.replaced_by), issuance.replaced_by) \
        FROM planned_replacement AS replacement WHERE replacement.id = issuance.id)
        """

    /// Plans a certificate, in the place of the row `replaces` where there is one; the number of its row.
    ///
    /// Its serial number is not kept: the certificate will have another.
    func insert(
        _ intent: IssuanceIntent, _ seriesID: Int64, _ keys: IntentKeys, replaces: Int64?,
        _ store: SQLiteStore
    ) throws(SQLiteError) -> Int64 {
        last += 1
        if let replaces {
            let sql =
                isPlanned(replaces)
                ? "UPDATE planned SET replaced_by = ?2 WHERE id = ?1"
                : "INSERT OR REPLACE INTO planned_replacement (id, replaced_by) VALUES (?1, ?2)"
            try store.statement(sql).run(.integer(replaces), .integer(last))
        }
        let insert = try store.statement(
            """
            INSERT INTO planned (id, series, request, key_id, device, subject, attestation_profile)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
        insert.begin()
        try insert.set(1, last)
        try insert.set(2, seriesID)
        try insert.set(3, blob: intent.request)
        try insert.set(4, blob: intent.keyID)
        try insert.set(5, blob: intent.device?.bytes)
        try insert.set(6, text: intent.subject)
        try insert.set(7, text: intent.attestation?.profile.rawValue)
        _ = try insert.step()
        let note = try store.statement("INSERT OR IGNORE INTO \(Self.index) (mark, issuance) VALUES (?, ?)")
        for key in keys.noted {
            note.begin()
            try note.set(1, key.bits)
            try note.set(2, last)
            _ = try note.step()
        }
        return last
    }
}
