import JSON
import Ledger
import Store

/// What is said of a store, `assay.store/1`.
struct StoreReport {
    let path: String
    let glance: StoreGlance

    private var counts: [(name: StaticString, words: String, value: Int64)] {
        let content = glance.content
        return [
            ("devices", "devices", content.devices), ("trusted", "trusted keys", content.trusted),
            ("observed", "observed keys", content.observed), ("tokens", "tokens", content.tokens),
            ("nonces", "nonces", content.nonces), ("certificates", "certificates", content.certificates),
            ("intents", "intents", content.intents), ("entries", "entries", content.head.sequence),
        ]
    }

    func bytes(json: Bool) -> [UInt8] {
        if !json {
            var block = TextBlock()
            block.line("store", path)
            if let identity = glance.identity { block.line("store id", identity.id.description) }
            block.line(
                "schema version", "\(glance.version)" + (glance.isCurrent ? "" : ", of an older assay"))
            for (_, words, value) in counts { block.line(words, "\(value)") }
            if let moved = glance.moved { block.line("certificates went to", moved.path) }
            return block.bytes
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.store/1")
        writer.member("store", path)
        if let identity = glance.identity {
            writer.member("storeId", identity.id.description)
        }
        writer.member("schemaVersion", Int64(glance.version))
        for (name, _, value) in counts {
            writer.member(name, value)
        }
        if let moved = glance.moved {
            writer.key("movedLedger")
            writer.beginObject()
            writer.member("ledger", moved.path)
            writer.member("ledgerId", moved.id.description)
            writer.endObject()
        }
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
