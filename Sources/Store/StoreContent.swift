public import Diagnostics
import SQLite

/// How much is in a store or ledger, and where it stands.
public struct StoreContent: Sendable, Equatable {
    public let devices: Int64
    /// Devices whose key is trusted, and those whose key was only observed.
    public let trusted: Int64
    public let observed: Int64
    public let tokens: Int64
    public let nonces: Int64
    public let certificates: Int64
    public let intents: Int64
    public let revocationLists: Int64
    /// The last entry of the audit chain.
    public let head: LedgerPosition

    /// Whether nothing was ever issued and nothing ever entered in the audit chain.
    public var isUnused: Bool { head.sequence == 0 && certificates + intents + revocationLists == 0 }

    /// Counts; inside a transaction, in one state of the file.
    ///
    /// - Parameter version: of the file's tables.
    init(_ connection: Connection, version: Int = Schema.currentVersion) throws(SQLiteError) {
        func count(_ rows: String, since first: Int = 1) throws(SQLiteError) -> Int64 {
            version < first ? 0 : try connection.singleInteger("SELECT count(*) FROM \(rows)")
        }
        devices = try count("device")
        trusted = try count("device WHERE trust = 1")
        observed = try count("device WHERE trust = 0")
        tokens = try count("token")
        nonces = try count("nonce")
        let issued =
            version < 3 ? "issuance WHERE certificate IS NOT NULL" : "issuance JOIN certificate USING (id)"
        certificates = try count(issued, since: 2)
        intents = try count("issuance", since: 2) - certificates
        revocationLists = try count("crl", since: 2)
        var head = LedgerPosition.origin
        // Since version 4 a certificate is its own entry.
        for table in ["event", "certificate"].prefix(version < 2 ? 0 : version < 4 ? 1 : 2) {
            let select = try connection.prepare(
                "SELECT seq, hash FROM \(table) WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1")
            defer { select.reset() }
            if try select.step(), select.integer(0) > head.sequence {
                head = LedgerPosition(sequence: select.integer(0), hash: select.blob(1))
            }
        }
        self.head = head
    }
}

extension SQLiteStore {
    /// Counts what is there, all in one state of the file.
    public func content() throws(ToolError) -> StoreContent {
        try snapshot { () throws(SQLiteError) in try StoreContent(connection) }
    }
}
