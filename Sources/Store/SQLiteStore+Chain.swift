import Ledger
import OpenSSL
import SQLite

extension SQLiteStore {
    /// The last entry of the audit chain, or the place before the first; only inside a transaction.
    func lastEntry() throws(SQLiteError) -> (sequence: Int64, hash: [UInt8]) {
        if let chainHead { return chainHead }
        var last = (sequence: Int64(0), hash: AuditEvent.origin)
        for table in ["event", "certificate"] {
            let select = try statement(
                "SELECT seq, hash FROM \(table) WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1")
            try select.bind()
            defer { select.reset() }
            if try select.step(), select.integer(0) > last.sequence {
                last = (select.integer(0), select.blob(1))
            }
        }
        chainHead = last
        return last
    }

    /// The place of the next entry; only inside a write transaction, and to be made ``chainHead`` once the entry is in.
    func nextEntry(
        _ body: ArraySlice<UInt8>, at time: Int64
    ) throws(SQLiteError) -> (sequence: Int64, hash: [UInt8]) {
        let (last, previous) = try lastEntry()
        // A number at the end of the range can only be somebody's tampering; the insert then fails.
        let next = last == .max ? .max : last + 1
        let hash = AuditEvent.hash(
            after: previous, sequence: next, at: time, body: body, using: &chainBuffer)
        return (next, hash)
    }

    /// Adds an entry to the chain; only inside a write transaction.
    ///
    /// - Parameter body: compact JSON, UTF-8.
    func append(_ body: [UInt8], at time: Int64) throws(SQLiteError) {
        let entry = try nextEntry(body[...], at: time)
        let add = try statement("INSERT INTO event (seq, at, body, hash) VALUES (?, ?, ?, ?)")
        add.begin()
        try add.set(1, entry.sequence)
        try add.set(2, time)
        try add.set(3, utf8: body)
        try add.set(4, blob: entry.hash)
        _ = try add.step()
        chainHead = entry
    }

    /// Notes in the audit chain that a certificate is to take the place of another row's.
    func noteReissue(_ serial: [UInt8], of row: Int64, at time: Int64) throws(SQLiteError) {
        guard let replaced = try issuance(id: row) else { return }
        try append(AuditEvent.reissued(serial, for: replaced.serial), at: time)
    }

    /// The entry that pins what those before it say nothing of; `nil` in a file that never was from before.
    func pinSequence() throws(SQLiteError) -> Int64? {
        let select = try statement("SELECT min(seq) FROM event WHERE body LIKE '{\"kind\":\"pin\",%'")
        try select.bind()
        defer { select.reset() }
        return try select.step() && !select.isNull(0) ? select.integer(0) : nil
    }

    /// Over what older entries say nothing of, for the rows of the ledger up to `last`.
    func issuanceDigest(upTo last: Int64) throws(SQLiteError) -> RunningDigest {
        let select = try statement(
            """
            SELECT id, intended_at, coalesce(replaces, 0), serial, device, attestation_profile, attestation_key
            FROM issuance WHERE id <= ? ORDER BY id
            """)
        try select.bind(.integer(last))
        var digest = RunningDigest()
        while try select.step() {
            var row: [UInt8] = []
            for column: Int32 in 0..<3 { row.append(bigEndian: select.integer(column)) }
            for column: Int32 in 3..<7 {
                let value = select.blob(column)
                row.append(bigEndian: Int64(value.count))
                row += value
            }
            digest.add(row)
        }
        return digest
    }

    /// The entries in order, one at a time.
    func forEachEntry(_ body: (AuditEvent) throws(SQLiteError) -> Void) throws(SQLiteError) {
        let pin = try pinSequence() ?? 0
        let select = try connection.prepare(
            """
            SELECT seq, at, hash, body, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM event
            UNION ALL
            SELECT seq, issued_at, hash, NULL, certificate.id, der, authority, profile, serial, request, device,
                attestation_profile, attestation_key, intended_at
            FROM certificate LEFT JOIN issuance ON issuance.id = certificate.id
                LEFT JOIN series ON series.id = issuance.series
            WHERE seq IS NOT NULL
            ORDER BY seq
            """)
        while try select.step() {
            let event = AuditEvent(
                sequence: select.integer(0), at: select.integer(1), body: Self.body(select, pin),
                hash: select.blob(2))
            try body(event)
        }
    }

    /// - Parameter pin: entries before it are of the first form.
    private static func body(_ row: Statement, _ pin: Int64) -> AuditEvent.Body {
        if row.isNull(4) { return .text(row.text(3)) }
        if row.isNull(8) { return .lost }
        let serial = row.blob(8)
        let issue = AuditEvent.Issue(
            authority: row.blob(6), profile: row.text(7), serial: serial, request: row.blob(9),
            fingerprint: Digest.sha256(row.blob(5)), device: row.blob(10), attestationProfile: row.text(11),
            attestationKey: row.blob(12),
            draft: row.integer(0) < pin ? nil : .init(id: row.integer(4), intendedAt: row.integer(13)))
        var octets: [UInt8] = []
        issue.append(to: &octets)
        return .certificate(row: row.integer(4), serial: serial, octets: octets)
    }
}
