import Diagnostics
import InputOutput
import JSON
import Store

/// `ca.json`: which ledger a CA has.
struct CADocument: Equatable {
    static let schema = "assay.ca-folder/1"

    /// As it stands in the document: a path from the CA's folder, or an absolute one.
    let ledger: String
    let id: FileID

    init(ledger: String, id: FileID) {
        self.ledger = ledger
        self.id = id
    }

    /// - Throws: ``ToolError`` with code `json`.
    init(parsing bytes: [UInt8]) throws(ToolError) {
        let node = try JSONNode(document: bytes, schema: Self.schema, members: ["ledger", "ledgerId"])
        let ledger = try node.member("ledger")
        self.ledger = try ledger.string()
        // An empty path would be the folder itself, and SQLite ends a name at a NUL.
        guard !self.ledger.isEmpty, !self.ledger.utf8.contains(0) else {
            throw ledger.error("expected the path of a file")
        }
        let id = try node.member("ledgerId")
        guard let found = FileID(try id.string()) else { throw id.error("expected 32 digits in hex") }
        self.id = found
    }

    var bytes: [UInt8] {
        let object: JSONObject = [
            "schema": .string(Self.schema), "ledger": .string(ledger), "ledgerId": .string(id.description),
        ]
        return JSONValue.object(object).indented() + [0x0a]
    }
}
