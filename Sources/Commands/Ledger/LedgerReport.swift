import DeviceIdentity
import Diagnostics
import JSON
import PKIX
import Store

/// What was found in a ledger or a store: `assay.ledger/1` of `ledger verify`, `assay.audit/1` of `ca audit`,
/// `assay.store-verification/1` of `store verify`.
struct LedgerReport {
    /// What was said of the checkpoint that was given.
    struct Checkpoint {
        let sequence: Int64
        let at: Int64
        let failure: CheckFailure?
    }

    let schema: StaticString
    /// The file that was verified.
    let path: String
    let id: FileID
    let kind: FileIdentity.Kind
    let verdict: LedgerVerdict
    /// Rows of CAs that were not asked for; `nil` where that is no question.
    var certificatesOfOthers: Int64?
    /// Of a store.
    var devices: Int64?
    var checkpoint: Checkpoint?

    init(schema: StaticString, place: LedgerPlace, verdict: LedgerVerdict) {
        self.init(schema: schema, path: place.path, id: place.id, kind: .ledger, verdict: verdict)
    }

    init(schema: StaticString, path: String, id: FileID, kind: FileIdentity.Kind, verdict: LedgerVerdict) {
        self.schema = schema
        self.path = path
        self.id = id
        self.kind = kind
        self.verdict = verdict
    }

    var isSound: Bool { verdict.isSound && checkpoint?.failure == nil }

    func bytes(json: Bool) -> [UInt8] { json ? bytesAsJSON : bytesAsText }

    private var failures: [LedgerFinding] {
        let own = checkpoint?.failure.map { [LedgerFinding($0.code, $0.message)] } ?? []
        return own + verdict.findings
    }

    private var failureCount: Int { verdict.findingCount + (checkpoint?.failure == nil ? 0 : 1) }

    private var bytesAsJSON: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: schema)
        writer.member("store", path)
        writer.member("verdict", ascii: isSound ? "verified" : "rejected")
        writer.member("entries", verdict.entries)
        writer.key("head")
        writer.beginObject()
        writer.member("sequence", verdict.head.sequence)
        writer.member("hash", hex: verdict.head.hash)
        if let time = verdict.headTime {
            writer.member("at", Timestamp.clamped(time))
        }
        writer.endObject()
        writer.member("certificates", verdict.certificates)
        writer.member("intents", verdict.intents)
        if let checkpoint {
            writer.key("checkpoint")
            writer.beginObject()
            writer.member("sequence", checkpoint.sequence)
            writer.member("at", Timestamp.clamped(checkpoint.at))
            writer.member("signature", ascii: checkpoint.failure == nil ? "valid" : "invalid")
            writer.endObject()
        }
        writer.member("failureCount", Int64(failureCount))
        writer.key("failures")
        writer.beginArray()
        for finding in failures { Self.write(finding, &writer) }
        writer.endArray()
        writer.member(kind == .ledger ? "ledgerId" : "storeId", id.description)
        writer.member("ofOtherCas", ifPresent: certificatesOfOthers)
        writer.member("devices", ifPresent: devices)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private static func write(_ finding: LedgerFinding, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", finding.failure.code.rawValue)
        writer.member("message", finding.failure.message)
        writer.member("sequence", ifPresent: finding.sequence)
        if let serial = finding.serial {
            writer.member("serial", hex: serial)
        }
        writer.endObject()
    }

    private var bytesAsText: [UInt8] {
        var block = TextBlock()
        block.line(kind.rawValue, path)
        block.line("\(kind.rawValue) id", id.description)
        block.line("entries", "\(verdict.entries)")
        block.line("head", Hex.encode(verdict.head.hash))
        if let devices { block.line("devices", "\(devices)") }
        // A store has those alone that were issued before ledgers had files of their own.
        if kind == .ledger || verdict.certificates > 0 {
            block.line("certificates", "\(verdict.certificates)")
        }
        if verdict.intents > 0 { block.line("intents", "\(verdict.intents)") }
        if let certificatesOfOthers, certificatesOfOthers > 0 {
            block.line("of other CAs", "\(certificatesOfOthers), not checked")
        }
        if let checkpoint {
            block.line("checkpoint", "entry \(checkpoint.sequence), \(Timestamp.clamped(checkpoint.at))")
        }
        block.failures(failures.map(\.failure))
        if failureCount > failures.count { block.line("failures", "\(failureCount)") }
        block.line("verdict", isSound ? "verified" : "rejected")
        return block.bytes
    }
}

extension Timestamp {
    /// The text of a time that may have been tampered with: brought into the years 1970…9999.
    static func clamped(_ seconds: Int64) -> String { InternetTime.clamped(seconds) }
}
