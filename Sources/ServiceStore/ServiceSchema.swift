import SQLite

/// The versions of the service's tables and the steps between them.
enum ServiceSchema {
    /// "ASSV": tells the file of a service from a store and from any other SQLite file.
    static let applicationID: Int64 = 0x4153_5356

    /// `migrations[n]` leads from version n to version n + 1. A released step is never changed.
    static let migrations: [String] = [version1, version2]

    static var currentVersion: Int64 { Int64(migrations.count) }

    // Of an API key the SHA-256 is kept: its secret has 256 random bits, so there is nothing to guess that a
    // slow hash would make slower.
    //
    // A claim has a number that is never given again: a device that is claimed anew shares nothing with its
    // old claim.
    private static let version1 = """
        CREATE TABLE team (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE api_key (
            id TEXT PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            team TEXT NOT NULL REFERENCES team (id),
            role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            revoked_at INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE claim (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            device BLOB NOT NULL UNIQUE CHECK (length(device) = 16),
            team TEXT NOT NULL REFERENCES team (id),
            claimed_at INTEGER NOT NULL,
            claimed_role TEXT NOT NULL,
            device_type INTEGER NOT NULL,
            firmware BLOB NOT NULL CHECK (length(firmware) = 16),
            phase TEXT NOT NULL,
            is_blocked INTEGER NOT NULL CHECK (is_blocked IN (0, 1)),
            is_finish_acknowledged INTEGER NOT NULL CHECK (is_finish_acknowledged IN (0, 1)),
            last_seen_at INTEGER,
            last_limits TEXT,
            last_refusal TEXT,
            last_failure TEXT
        ) STRICT;
        CREATE INDEX claim_team ON claim (team, number);

        CREATE TABLE claim_tag (
            claim INTEGER NOT NULL REFERENCES claim (number) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            tag TEXT NOT NULL,
            PRIMARY KEY (claim, tag)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX claim_tag_tag ON claim_tag (tag);

        CREATE TABLE command (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            claim INTEGER NOT NULL REFERENCES claim (number) ON DELETE CASCADE,
            id BLOB NOT NULL CHECK (length(id) = 16),
            body TEXT NOT NULL,
            rule TEXT,
            is_follow_up INTEGER NOT NULL CHECK (is_follow_up IN (0, 1)),
            created_at INTEGER NOT NULL,
            status TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            delivered_at INTEGER,
            ended_at INTEGER,
            timeout INTEGER,
            answered_steps INTEGER NOT NULL,
            needs_follow_up INTEGER NOT NULL CHECK (needs_follow_up IN (0, 1)),
            result TEXT CHECK (result IN ('succeeded', 'failed', 'undeliverable', 'refused')),
            result_code INTEGER,
            result_text TEXT,
            UNIQUE (claim, id)
        ) STRICT;

        CREATE TABLE applied_rule (
            claim INTEGER NOT NULL REFERENCES claim (number) ON DELETE CASCADE,
            rule TEXT NOT NULL,
            PRIMARY KEY (claim, rule)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tag (
            team TEXT NOT NULL REFERENCES team (id),
            tag TEXT NOT NULL,
            description TEXT,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (team, tag)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE rule (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            team TEXT NOT NULL REFERENCES team (id),
            name TEXT NOT NULL,
            description TEXT,
            is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
            commands TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            activated_at INTEGER,
            UNIQUE (team, name)
        ) STRICT;

        CREATE TABLE rule_tag (
            rule INTEGER NOT NULL REFERENCES rule (number) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            tag TEXT NOT NULL,
            PRIMARY KEY (rule, tag)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE event (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            team TEXT,
            claim INTEGER,
            device BLOB,
            actor TEXT NOT NULL,
            kind TEXT NOT NULL,
            detail TEXT
        ) STRICT;
        CREATE INDEX event_claim ON event (claim, number);

        CREATE TABLE onboarded_device (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            team TEXT NOT NULL REFERENCES team (id),
            id TEXT NOT NULL,
            sub_type TEXT NOT NULL,
            tags TEXT NOT NULL,
            firmware_types TEXT NOT NULL,
            credential TEXT NOT NULL,
            credential_digest BLOB NOT NULL UNIQUE CHECK (length(credential_digest) = 32),
            created_at INTEGER NOT NULL,
            UNIQUE (team, id)
        ) STRICT;

        CREATE TABLE bulk_operation (
            id TEXT PRIMARY KEY,
            team TEXT NOT NULL REFERENCES team (id),
            endpoint TEXT NOT NULL,
            status TEXT NOT NULL,
            requested_at INTEGER NOT NULL,
            completed_at INTEGER,
            result TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX bulk_operation_team ON bulk_operation (team, id);
        """

    // When a command was delivered first and no result followed is not known of older rows: the last delivery stands
    // for it.
    private static let version2 = """
        ALTER TABLE command ADD COLUMN started_at INTEGER;
        UPDATE command SET started_at = delivered_at WHERE status = 'IN_PROGRESS';
        """

    /// Brings a file up to date, each step in the one transaction.
    ///
    /// - Throws: an error with a message for people when the file is another one's, or of a newer service.
    static func migrate(_ connection: Connection) throws(SQLiteError) {
        let mapError: (SQLiteError) -> SQLiteError = { $0 }
        try connection.transaction(
            { () throws(SQLiteError) in
                let application = try number(connection, "PRAGMA application_id")
                let version = try number(connection, "PRAGMA user_version")
                let objects = try number(connection, "SELECT count(*) FROM sqlite_schema")
                guard application == applicationID || application == 0 && version == 0 && objects == 0 else {
                    throw SQLiteError(
                        damage: "expected the file of a provisioning service, found another one's")
                }
                guard version <= currentVersion else {
                    throw SQLiteError(
                        damage:
                            "expected a file of version \(currentVersion) at most, found \(version): it is of a "
                            + "newer assayd")
                }
                for step in migrations.dropFirst(Int(clamping: version)) { try connection.execute(step) }
                try connection.execute(
                    "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(currentVersion)")
            }, mapError: mapError)
    }

    static func number(_ connection: Connection, _ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try connection.prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }
}
