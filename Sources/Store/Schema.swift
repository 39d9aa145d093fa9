import Diagnostics
import SQLite

/// The versions of the store's tables and the steps between them.
enum Schema {
    /// "ASSY": tells an Assay store from any other SQLite file.
    static let applicationID: Int64 = 0x4153_5359

    /// `migrations[n]` leads from version n to version n + 1. A released step is never changed.
    static let migrations: [String] = [
        version1, version2, version3, version4, version5, version6,
    ]

    static var currentVersion: Int { migrations.count }

    /// The version since which a file says what it is.
    static let firstWithIdentity = 5

    // UUIDs come in no order. Devices and evidence are therefore filed by number, in the order of their coming, and
    // only the one small index by UUID is written all over: of a million rows that is a third of the writing.
    private static let version1 = """
        CREATE TABLE device (
            id INTEGER PRIMARY KEY,
            uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
            imei TEXT,
            registered_at INTEGER NOT NULL,
            point BLOB CHECK (point IS NULL OR length(point) = 65),
            trust INTEGER CHECK (trust IN (0, 1)),
            profile TEXT CHECK (profile IN ('bound', 'plain')),
            key_since INTEGER,
            CHECK ((point IS NULL) = (trust IS NULL) AND (point IS NULL) = (key_since IS NULL))
        ) STRICT;

        CREATE TABLE evidence (
            id INTEGER PRIMARY KEY,
            device INTEGER NOT NULL REFERENCES device (id),
            at INTEGER NOT NULL,
            how TEXT NOT NULL CHECK (how IN ('added', 'imported', 'learned', 'confirmed')),
            input_digest BLOB CHECK (input_digest IS NULL OR length(input_digest) = 32),
            profile TEXT CHECK (profile IN ('bound', 'plain'))
        ) STRICT;
        CREATE INDEX evidence_device ON evidence (device);

        CREATE TABLE token (
            uuid BLOB NOT NULL CHECK (length(uuid) = 16),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            text TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (uuid, digest)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE observation (
            uuid BLOB NOT NULL CHECK (length(uuid) = 16),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            bound BLOB NOT NULL CHECK (length(bound) % 65 = 0),
            plain BLOB NOT NULL CHECK (length(plain) % 65 = 0),
            at INTEGER NOT NULL,
            PRIMARY KEY (uuid, digest)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE nonce (
            uuid BLOB NOT NULL CHECK (length(uuid) = 16),
            nonce BLOB NOT NULL CHECK (length(nonce) = 16),
            at INTEGER NOT NULL,
            PRIMARY KEY (uuid, nonce)
        ) STRICT, WITHOUT ROWID;
        """

    /// Version 2: the issuance ledger and the audit chain.
    private static let version2 = """
        CREATE TABLE issuance (
            id INTEGER PRIMARY KEY,
            authority BLOB NOT NULL CHECK (length(authority) = 32),
            profile TEXT NOT NULL,
            request BLOB NOT NULL CHECK (length(request) = 32),
            serial BLOB NOT NULL UNIQUE CHECK (length(serial) BETWEEN 1 AND 20),
            key_id BLOB NOT NULL CHECK (length(key_id) = 32),
            device BLOB CHECK (device IS NULL OR length(device) = 16),
            subject TEXT NOT NULL,
            not_before INTEGER NOT NULL,
            not_after INTEGER NOT NULL,
            tbs_digest BLOB NOT NULL CHECK (length(tbs_digest) = 32),
            tbs BLOB,
            attestation_profile TEXT CHECK (attestation_profile IN ('bound', 'plain')),
            attestation_key BLOB CHECK (attestation_key IS NULL OR length(attestation_key) = 32),
            intended_at INTEGER NOT NULL,
            issued_at INTEGER,
            certificate BLOB,
            fingerprint BLOB CHECK (fingerprint IS NULL OR length(fingerprint) = 32),
            replaces INTEGER REFERENCES issuance (id),
            is_current INTEGER NOT NULL DEFAULT 1 CHECK (is_current IN (0, 1)),
            revoked_at INTEGER,
            reason INTEGER,
            CHECK ((certificate IS NULL) = (issued_at IS NULL) AND (certificate IS NULL) = (fingerprint IS NULL)),
            CHECK ((certificate IS NULL) <> (tbs IS NULL)),
            CHECK ((revoked_at IS NULL) = (reason IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX issuance_current ON issuance (authority, profile, request) WHERE is_current = 1;
        CREATE INDEX issuance_key ON issuance (key_id);
        CREATE INDEX issuance_device ON issuance (device) WHERE device IS NOT NULL;

        CREATE TABLE event (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            body TEXT NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;

        CREATE TABLE crl (
            authority BLOB NOT NULL CHECK (length(authority) = 32),
            number INTEGER NOT NULL,
            this_update INTEGER NOT NULL,
            next_update INTEGER NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            PRIMARY KEY (authority, number)
        ) STRICT, WITHOUT ROWID;
        """

    // A certificate costs three rows that are added at the ends of their tables, and nothing is written twice: its
    // octets wait for no row to be filled in, and a draft is made again from its serial number instead of being kept.
    // Keys and UUIDs come in no order, so each index over them costs a page a certificate in a large ledger: the one
    // that begins with the key also finds the request and keeps it unique. Of both it has only as much as tells them
    // apart: small entries, few pages. Serial numbers rise.
    /// Version 3: certificates in a table of their own, CA and profile named once.
    private static let version3 = """
        CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            authority BLOB NOT NULL CHECK (length(authority) = 32),
            profile TEXT NOT NULL,
            UNIQUE (authority, profile)
        ) STRICT;
        INSERT INTO series (authority, profile)
            SELECT DISTINCT authority, profile FROM issuance ORDER BY id;

        ALTER TABLE issuance RENAME TO issuance_2;
        DROP INDEX issuance_current;
        DROP INDEX issuance_key;
        DROP INDEX issuance_device;
        CREATE TABLE issuance (
            id INTEGER PRIMARY KEY,
            series INTEGER NOT NULL REFERENCES series (id),
            request BLOB NOT NULL CHECK (length(request) = 32),
            serial BLOB NOT NULL UNIQUE CHECK (length(serial) BETWEEN 1 AND 20),
            key_id BLOB NOT NULL CHECK (length(key_id) = 32),
            device BLOB CHECK (device IS NULL OR length(device) = 16),
            subject TEXT NOT NULL,
            not_before INTEGER NOT NULL,
            not_after INTEGER NOT NULL,
            tbs_digest BLOB NOT NULL CHECK (length(tbs_digest) = 32),
            attestation_profile TEXT CHECK (attestation_profile IN ('bound', 'plain')),
            attestation_key BLOB CHECK (attestation_key IS NULL OR length(attestation_key) = 32),
            intended_at INTEGER NOT NULL,
            replaces INTEGER REFERENCES issuance (id),
            -- 0 for the one that the same request gets again
            replaced_by INTEGER NOT NULL DEFAULT 0,
            revoked_at INTEGER,
            reason INTEGER,
            CHECK ((revoked_at IS NULL) = (reason IS NULL))
        ) STRICT;
        CREATE TABLE certificate (
            id INTEGER PRIMARY KEY REFERENCES issuance (id),
            issued_at INTEGER NOT NULL,
            der BLOB NOT NULL
        ) STRICT;
        INSERT INTO issuance
            SELECT old.id, series.id, request, serial, key_id, device, subject, not_before, not_after, tbs_digest,
                attestation_profile, attestation_key, intended_at, replaces,
                iif(is_current = 1, 0, coalesce(
                    (SELECT max(new.id) FROM issuance_2 AS new WHERE new.replaces = old.id), old.id)),
                revoked_at, reason
            FROM issuance_2 AS old
                JOIN series ON series.authority = old.authority AND series.profile = old.profile
            ORDER BY old.id;
        INSERT INTO certificate
            SELECT id, issued_at, certificate FROM issuance_2 WHERE certificate IS NOT NULL ORDER BY id;
        DROP TABLE issuance_2;
        CREATE UNIQUE INDEX issuance_current ON issuance
            (substr(key_id, 1, 8), substr(request, 1, 16), series, replaced_by);
        CREATE INDEX issuance_device ON issuance (device) WHERE device IS NOT NULL;
        """

    // A certificate is its own entry of the audit chain, whose body follows from its row: one row less for each, and half
    // of the octets. Keys and UUIDs come in no order, so that an index over them costs a page for each; they are found
    // by a ``LookupIndex`` instead, whose entries come to their place many at a time.
    /// Version 4: the audit chain in the certificates, and the look-up index.
    private static let version4 = """
        ALTER TABLE certificate ADD COLUMN seq INTEGER;
        ALTER TABLE certificate ADD COLUMN hash BLOB CHECK (hash IS NULL OR length(hash) = 32);
        CREATE UNIQUE INDEX certificate_seq ON certificate (seq);

        DROP INDEX issuance_current;
        DROP INDEX issuance_device;
        CREATE TABLE mark (
            mark INTEGER NOT NULL,
            issuance INTEGER NOT NULL,
            PRIMARY KEY (mark, issuance)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE recent_mark (
            mark INTEGER NOT NULL,
            issuance INTEGER NOT NULL,
            PRIMARY KEY (mark, issuance)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE mark_filter (
            range INTEGER PRIMARY KEY,
            entries INTEGER NOT NULL,
            octets BLOB NOT NULL
        ) STRICT;
        CREATE TABLE filing (moves INTEGER NOT NULL) STRICT;
        INSERT INTO filing VALUES (0);
        """

    /// Version 5: a file knows what it is.
    private static let version5 = """
        -- What the file is. One of before is a store, which may still hold the issuances of its time; `origin` is the
        -- last entry of the audit chain that a ledger has from such a store.
        CREATE TABLE identity (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            id BLOB NOT NULL CHECK (length(id) = 16),
            kind TEXT NOT NULL CHECK (kind IN ('store', 'ledger')),
            origin INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        INSERT INTO identity (one, id, kind) VALUES (1, randomblob(16), 'store');
        -- Where the issuances of a store of before went.
        CREATE TABLE moved_ledger (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            id BLOB NOT NULL CHECK (length(id) = 16),
            path TEXT NOT NULL,
            at INTEGER NOT NULL,
            is_complete INTEGER NOT NULL DEFAULT 0 CHECK (is_complete IN (0, 1))
        ) STRICT;

        -- The entry of the audit chain that vouches for a row as it is now.
        ALTER TABLE device ADD COLUMN seq INTEGER;
        ALTER TABLE evidence ADD COLUMN seq INTEGER;
        ALTER TABLE token ADD COLUMN seq INTEGER;
        ALTER TABLE nonce ADD COLUMN seq INTEGER;
        -- By which keys the pending signatures of a device are found that have one in common: by the x of the point,
        -- which nobody can choose so that many signatures have it without having the key in common.
        CREATE TABLE candidate (
            uuid BLOB NOT NULL CHECK (length(uuid) = 16),
            x BLOB NOT NULL CHECK (length(x) = 32),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            PRIMARY KEY (uuid, x, digest)
        ) STRICT, WITHOUT ROWID;
        INSERT OR IGNORE INTO candidate (uuid, x, digest)
            SELECT uuid, substr(bound, 2, 32), digest FROM observation WHERE length(bound) >= 65
            UNION ALL SELECT uuid, substr(bound, 67, 32), digest FROM observation WHERE length(bound) >= 130
            UNION ALL SELECT uuid, substr(plain, 2, 32), digest FROM observation WHERE length(plain) >= 65
            UNION ALL SELECT uuid, substr(plain, 67, 32), digest FROM observation WHERE length(plain) >= 130;

        -- Names. What keys the look-up index (LookupSecret), made with the file; all rows are indexed anew with it.
        CREATE TABLE mark_secret (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            octets BLOB NOT NULL CHECK (length(octets) = 16)
        ) STRICT;
        -- Whose IMEI is whose, by all but the check digit: a number, because its entries are a third of a text's. Not
        -- unique, because stores of before may have one twice; registering sees to it.
        CREATE INDEX device_imei ON device (CAST(imei AS INTEGER) / 10) WHERE imei IS NOT NULL;
        """

    /// Version 6: journals of what was sent to services.
    private static let version6 = """
        CREATE TABLE journal (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('claim', 'commands', 'rule', 'onboarding')),
            service TEXT NOT NULL,
            team TEXT NOT NULL,
            UNIQUE (kind, service, team)
        ) STRICT;
        CREATE TABLE journal_run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            begun_at INTEGER NOT NULL
        ) STRICT;
        -- What the key is, the kind of the journal says; a claim's is the device's UUID.
        CREATE TABLE journal_entry (
            journal INTEGER NOT NULL REFERENCES journal (id),
            key BLOB NOT NULL,
            state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
            attempt INTEGER NOT NULL CHECK (attempt > 0),
            run INTEGER NOT NULL REFERENCES journal_run (id),
            at INTEGER NOT NULL,
            note TEXT NOT NULL,
            PRIMARY KEY (journal, key)
        ) STRICT, WITHOUT ROWID;
        -- When the next request may be sent to a service, in microseconds since 1970: one rate for all processes.
        CREATE TABLE journal_pace (
            service TEXT PRIMARY KEY,
            next_at INTEGER NOT NULL,
            paused_until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Brings the file to the current version, in one transaction; does nothing when it is there already.
    ///
    /// - Parameter migrations: the steps, of which tests may give more or fewer than there are.
    /// - Parameter finish: what SQL alone cannot do, called in the same transaction with the version before.
    static func migrate(
        _ connection: Connection, path: String, as role: FileRole = .store,
        migrations: [String] = Schema.migrations,
        finish: (_ from: Int) throws(SQLiteError) -> Void = { _ in }
    ) throws(ToolError) {
        let currentVersion = migrations.count
        let version = try checkedVersion(connection, path: path, as: role, newest: currentVersion)
        if version == currentVersion { return }
        try connection.transaction(
            { () throws(ToolError) in
                // Another process may have done it while this one waited for the lock.
                var version = try checkedVersion(connection, path: path, as: role, newest: currentVersion)
                if version == currentVersion { return }
                let before = version
                do throws(SQLiteError) {
                    while version < currentVersion {
                        try connection.execute(migrations[version])
                        version += 1
                    }
                    try finish(before)
                    try connection.execute("PRAGMA application_id = \(applicationID)")
                    try connection.execute("PRAGMA user_version = \(currentVersion)")
                } catch {
                    throw storeError("cannot prepare the \(role.noun)", path, error, role)
                }
            }, mapError: { storeError("cannot prepare the \(role.noun)", path, $0, role) })
    }

    /// The version of the file; throws when the file is another program's or a newer Assay's.
    static func checkedVersion(
        _ connection: Connection, path: String, as role: FileRole = .store,
        newest: Int = Schema.currentVersion
    ) throws(ToolError) -> Int {
        let application: Int64
        let version: Int64
        let tables: Int64
        do {
            // One look: between two, another process may make the tables, and half of a new store is no store.
            try connection.execute("SAVEPOINT look")
            defer { try? connection.execute("RELEASE look") }
            application = try connection.singleInteger("PRAGMA application_id")
            version = try connection.singleInteger("PRAGMA user_version")
            tables = try connection.singleInteger("SELECT count(*) FROM sqlite_schema")
        } catch {
            throw storeError("cannot open the \(role.noun)", path, error, role)
        }
        if application == 0, version == 0, tables == 0 { return 0 }
        guard application == applicationID, version > 0 else {
            throw ToolError(
                .io, "the file is a database of another program",
                context: [.init("file", path.escapedForTerminal)], hint: role.hintForOtherFile)
        }
        guard let version = Int(exactly: version), version <= newest else {
            throw ToolError(
                .io,
                "the \(role.noun) is of a newer assay: expected at most version \(newest), found \(version)",
                context: [.init("file", path.escapedForTerminal)], hint: "update assay")
        }
        return version
    }
}

extension Connection {
    /// The first column of the first row.
    func singleInteger(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }
}
