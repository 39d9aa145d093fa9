public import Diagnostics
import DeviceIdentity
import OpenSSL
import SQLite

/// The random id of a store or a ledger: 16 octets, made with the file.
public struct FileID: Sendable, Hashable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// 32 digits in hex.
    public init?(_ text: String) {
        guard text.utf8.count == 32, let bytes = Hex.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// A new one.
    public static func random() throws(ToolError) -> FileID {
        do {
            if let id = FileID(bytes: try RandomBytes.make(16)) { return id }
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        throw ToolError(.internalFault, "16 random octets made no id")
    }

    public var description: String { Hex.encode(bytes) }
}

/// What a file says that it is.
public struct FileIdentity: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// Devices, nonces and what else belongs to no single CA. One from before schema version 5 may hold issuances too.
        case store
        /// The issuances of one or several CAs.
        case ledger
    }

    public let id: FileID
    public let kind: Kind
    /// The last entry of the audit chain that a ledger has from the store that it was split from; 0 for none.
    let origin: Int64
}

/// What the caller takes a file for. Anything else is refused, so that no device is registered in a ledger and no
/// certificate entered where its CA does not look for it.
public enum FileRole: Sendable, Equatable {
    case store
    /// The ledger with this id, and no other.
    case ledger(FileID)
    /// Some ledger, whose id is to be learned.
    case anyLedger

    var isLedger: Bool { self != .store }

    /// The file in words.
    var noun: String { isLedger ? "ledger" : "store" }
}

extension SQLiteStore {
    /// What the file says that it is; the current version's alone do.
    static func identity(_ connection: Connection) throws(SQLiteError) -> FileIdentity? {
        let select = try connection.prepare("SELECT id, kind, origin FROM identity")
        defer { select.reset() }
        guard try select.step(), let id = FileID(bytes: select.blob(0)),
            let kind = FileIdentity.Kind(rawValue: select.text(1))
        else { return nil }
        return FileIdentity(id: id, kind: kind, origin: select.integer(2))
    }

    /// The identity of a file of the current version, if it is one for `role`.
    ///
    /// - Throws: ``ToolError`` with `ledger-mismatch`, or `io` for a ledger in the place of a store.
    static func checkedIdentity(
        _ connection: Connection, _ role: FileRole, path: String
    ) throws(ToolError) -> FileIdentity {
        let place = ToolError.Context("file", path.escapedForTerminal)
        let found: FileIdentity?
        do {
            found = try identity(connection)
        } catch {
            throw storeError("cannot open the \(role.noun)", path, error, role)
        }
        guard let found else {
            throw ToolError(
                .io, "the file does not say what it is: its identity is missing", context: [place])
        }
        switch (role, found.kind) {
        case (.store, .store), (.anyLedger, .ledger): return found
        case (.store, .ledger):
            throw ToolError(
                .io, "expected a store of devices, found a CA's ledger", context: [place],
                hint: .storeIsOfDevices)
        case (.ledger, .store), (.anyLedger, .store):
            throw ToolError(
                .ledgerMismatch, "expected a CA's ledger, found a store of devices", context: [place],
                hint: .attachLedgerOfStore)
        case (.ledger(let expected), .ledger):
            guard expected == found.id else {
                throw ToolError(
                    .ledgerMismatch, "expected the ledger \(expected), found the ledger \(found.id)",
                    context: [place],
                    hint: .putLedgerBack)
            }
            return found
        }
    }
}
