import SQLite

/// What the ledger of a store holds, read around the Store module.
public struct LedgerState: Sendable {
    public struct Row: Sendable, Equatable {
        /// Lower-case hex, as all of these; empty where the ledger has none.
        public let request: String
        public let serial: String
        public let fingerprint: String
        public let certificate: String
        public let isCurrent: Bool
    }

    /// In the order of the intents.
    public let rows: [Row]

    public init(path: String) throws {
        let select = try Connection(path: path, mode: .readWrite).prepare(
            """
            SELECT lower(hex(request)), lower(hex(serial)), lower(hex(fingerprint)), lower(hex(certificate)),
                is_current
            FROM issuance ORDER BY id
            """)
        var rows: [Row] = []
        while try select.step() {
            rows.append(
                Row(
                    request: select.text(0), serial: select.text(1), fingerprint: select.text(2),
                    certificate: select.text(3), isCurrent: select.integer(4) == 1))
        }
        self.rows = rows
    }

    /// Those whose certificate was signed and entered.
    public var issued: [Row] { rows.filter { !$0.certificate.isEmpty } }
}
