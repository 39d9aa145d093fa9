import DeviceIdentity
import OpenSSL
import SQLite

/// What the ledger of a store holds, read around the Store module.
public struct LedgerState: Sendable {
    public struct Row: Sendable, Equatable {
        /// Lower-case hex, as all of these.
        public let request: String
        public let serial: String
        public let fingerprint: String
        /// DER; empty where nothing was signed yet.
        public let certificate: [UInt8]
        public let isCurrent: Bool
    }

    /// In the order of the intents.
    public let rows: [Row]

    public init(path: String) throws {
        let select = try Connection(path: path, mode: .readWrite).prepare(
            """
            SELECT lower(hex(request)), lower(hex(serial)), der, replaced_by
            FROM issuance LEFT JOIN certificate ON certificate.id = issuance.id ORDER BY issuance.id
            """)
        var rows: [Row] = []
        while try select.step() {
            rows.append(
                Row(
                    request: select.text(0), serial: select.text(1),
                    fingerprint: select.isNull(2) ? "" : Hex.encode(Digest.sha256(select.blob(2))),
                    certificate: select.blob(2), isCurrent: select.integer(3) == 0))
        }
        self.rows = rows
    }

    /// Those whose certificate was signed and entered.
    public var issued: [Row] { rows.filter { !$0.certificate.isEmpty } }
}
