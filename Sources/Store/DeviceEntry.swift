import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import Ledger
import Registry

/// What an entry of the audit chain says of a device: how its row is from then on, and what came with it.
struct DeviceEntry: Equatable {
    struct Key: Equatable {
        let keyID: [UInt8]
        let isTrusted: Bool
        let profile: String?
        /// Seconds since 1970.
        let since: Int64
    }

    struct Token: Equatable {
        /// SHA-256 of the text.
        let digest: [UInt8]
        let at: Int64
    }

    let device: DeviceUUID
    var imei: String?
    var registeredAt: Int64
    var key: Key?
    /// New evidence; in an entry that pins what was there before, all.
    var evidence: [Evidence] = []
    /// New tokens, in the order of their digests.
    var tokens: [Token] = []
    /// The observed key whose place the key took. Its evidence is gone.
    var replaced: [UInt8]?
    /// Whether it pins what was in the registry before entries said all of this.
    var isPin = false

    // MARK: As JSON

    var body: [UInt8] {
        AuditEvent.body("device") { writer in
            writer.member("deviceUuid", device.description)
            writer.member("imei", ifPresent: imei)
            writer.member("registeredAt", registeredAt)
            if let key { Self.write(key, &writer) }
            if let replaced {
                writer.member("replaces", hex: replaced)
            }
            if isPin {
                writer.member("pin", true)
            }
            if !evidence.isEmpty {
                writer.key("evidence")
                writer.beginArray()
                for entry in evidence { Self.write(entry, &writer) }
                writer.endArray()
            }
            if !tokens.isEmpty {
                writer.key("tokens")
                writer.beginArray()
                for token in tokens { Self.write(token, &writer) }
                writer.endArray()
            }
        }
    }

    private static func write(_ key: Key, _ writer: inout JSONWriter) {
        writer.key("key")
        writer.beginObject()
        writer.member("kid", hex: key.keyID)
        writer.member("trust", ascii: key.isTrusted ? "trusted" : "observed")
        writer.member("profile", ifPresent: key.profile)
        writer.member("since", key.since)
        writer.endObject()
    }

    private static func write(_ evidence: Evidence, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("how", evidence.how.rawValue)
        writer.member("at", evidence.at)
        if let digest = evidence.inputDigest {
            writer.member("inputSha256", hex: digest)
        }
        if let profile = evidence.profile {
            writer.member("profile", profile.rawValue)
        }
        writer.endObject()
    }

    private static func write(_ token: Token, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("sha256", hex: token.digest)
        writer.member("at", token.at)
        writer.endObject()
    }
}

extension DeviceEntry {
    /// - Throws: ``ToolError`` with code `json`.
    init(_ node: JSONNode) throws(ToolError) {
        device = try DeviceUUID(text: try node.member("deviceUuid").string())
        imei = try node.optionalMember("imei")?.string()
        registeredAt = try node.member("registeredAt").integer()
        key = try node.optionalMember("key").map { key throws(ToolError) in
            Key(
                keyID: try key.octets("kid"), isTrusted: try key.member("trust").string() == "trusted",
                profile: try key.optionalMember("profile")?.string(), since: try key.member("since").integer()
            )
        }
        replaced = node.value["replaces"] == nil ? nil : try node.octets("replaces")
        isPin = try node.optionalMember("pin")?.bool() ?? false
        for entry in try node.optionalMember("evidence")?.elements() ?? [] {
            guard let how = Evidence.How(rawValue: try entry.member("how").string()) else {
                throw entry.error("expected a kind of evidence")
            }
            evidence.append(
                Evidence(
                    how: how, at: try entry.member("at").integer(),
                    inputDigest: entry.value["inputSha256"] == nil ? nil : try entry.octets("inputSha256"),
                    profile: try entry.optionalMember("profile").flatMap { node throws(ToolError) in
                        .init(rawValue: try node.string())
                    }))
        }
        for token in try node.optionalMember("tokens")?.elements() ?? [] {
            tokens.append(Token(digest: try token.octets("sha256"), at: try token.member("at").integer()))
        }
    }
}
