import Claims
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON

/// The bodies of bulk claims in a folder, with a manifest that maps each line back to its row.
final class ClaimPacker {
    private static let manifestName = "manifest.jsonl"

    /// How many bodies there are.
    private(set) var bodies = 0

    private let folder: NewFolder
    private let manifest: any ByteSink
    private var batch = ClaimBatch()
    private var entries = JSONWriter(reservingCapacity: 65_536)

    init(path: String, replaces: Bool) throws(ToolError) {
        folder = try NewFolder(path: path, replaces: replaces) { name in
            name == Self.manifestName || Self.isBody(name)
        }
        manifest = try folder.begin(Self.manifestName)
    }

    /// `claim-0001.csv` and so on.
    private static func name(_ number: Int) -> String {
        let digits = String(number)
        return "claim-" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + ".csv"
    }

    private static func isBody(_ name: String) -> Bool {
        guard name.hasPrefix("claim-"), name.hasSuffix(".csv") else { return false }
        let digits = name.utf8.dropFirst(6).dropLast(4)
        return digits.count >= 4 && digits.allSatisfy { 0x30...0x39 ~= $0 }
    }

    /// Adds the line of one device; answers where it went, as a sentence.
    func add(_ line: ArraySlice<UInt8>, _ claim: ExaminedClaim, source: String) throws(ToolError) -> String {
        if batch.isFull {
            try flush()
            batch.advance()
        }
        let number = batch.append(line: line)
        let name = Self.name(batch.number)
        entries.beginObject()
        entries.key("schema")
        entries.string(ascii: "assay.claim-manifest/1")
        entries.key("file")
        entries.string(name)
        entries.key("line")
        entries.integer(Int64(number))
        entries.key("input")
        entries.beginObject()
        entries.key("source")
        entries.string(source)
        entries.key("line")
        entries.integer(Int64(claim.line))
        entries.endObject()
        if let device = claim.device {
            entries.key("deviceUuid")
            entries.string(device.description)
        }
        entries.key("tokenSha256")
        entries.hex(claim.fingerprint.bytes)
        entries.endObject()
        entries.newline()
        return "packed as line \(number) of \(name)"
    }

    /// Makes the folder appear; without a row nothing appears.
    func commit() throws(ToolError) {
        guard batch.rowCount > 0 else { return }
        try flush()
        try manifest.commit()
        try folder.commit()
    }

    private func flush() throws(ToolError) {
        try folder.write(batch.bytes, as: Self.name(batch.number))
        try manifest.write(entries.bytes)
        entries.removeAll()
        bodies += 1
    }
}
