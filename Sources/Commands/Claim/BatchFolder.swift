import Claims
import Diagnostics
import InputOutput
import JSON

/// Request bodies of at most 1,000 rows in a folder, with a manifest that maps each line back to its row.
///
/// The folder appears whole or not at all.
final class BatchFolder {
    /// Where a row of a body went.
    struct Place {
        let file: String
        /// The number of the row in its file, from 1.
        let row: Int

        /// `line 17 of claim-0001.csv`
        func named(_ unit: String) -> String { "\(unit) \(row) of \(file)" }
    }

    private static let manifestName = "manifest.jsonl"

    /// How many bodies there are.
    private(set) var bodies = 0

    private let prefix: String
    private let folder: NewFolder
    private let manifest: any ByteSink
    private var batch = ClaimBatch()
    /// The name of the body that is being filled.
    private var name: String
    private var entries = JSONWriter(reservingCapacity: 65_536)

    /// - Parameter prefix: bodies are called `<prefix>-0001.csv` and so on.
    init(path: String, prefix: String, replaces: Bool) throws(ToolError) {
        self.prefix = prefix
        name = Self.name(prefix, 1)
        folder = try NewFolder(path: path, replaces: replaces) { name in
            name == Self.manifestName || Self.isBody(name, prefix)
        }
        manifest = try folder.begin(Self.manifestName)
    }

    /// Adds a row, and an entry to the manifest that `describe` writes.
    func add(
        _ row: some Sequence<UInt8>, describe: (Place, inout JSONWriter) -> Void
    ) throws(ToolError) -> Place {
        if batch.isFull {
            try flush()
            batch.advance()
            name = Self.name(prefix, batch.number)
        }
        let place = Place(file: name, row: batch.append(line: row))
        describe(place, &entries)
        return place
    }

    /// Makes the folder appear; without a row nothing appears.
    func commit() throws(ToolError) {
        guard batch.rowCount > 0 else { return }
        try flush()
        try manifest.commit()
        try folder.commit()
    }

    private func flush() throws(ToolError) {
        try folder.write(batch.bytes, as: name)
        try manifest.write(entries.bytes)
        entries.removeAll()
        bodies += 1
    }

    private static func name(_ prefix: String, _ number: Int) -> String {
        let digits = String(number)
        return prefix + "-" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + ".csv"
    }

    private static func isBody(_ name: String, _ prefix: String) -> Bool {
        guard name.hasPrefix(prefix + "-"), name.hasSuffix(".csv") else { return false }
        let digits = name.utf8.dropFirst(prefix.utf8.count + 1).dropLast(4)
        return digits.count >= 4 && digits.allSatisfy { 0x30...0x39 ~= $0 }
    }
}
