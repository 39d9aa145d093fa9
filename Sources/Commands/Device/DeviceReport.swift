import Attestation
import DeviceIdentity
import JSON
import OpenSSL
import Registry
import Store

/// A device as results show it, `assay.device/1`.
struct DeviceReport {
    let device: DeviceRecord
    /// What tied the key to the device; only where the command shows it.
    var evidence: [Evidence]?

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("schema", ascii: "assay.device/1")
        writer.member("deviceUuid", device.uuid.description)
        if let imei = device.imei {
            writer.member("imei", imei.description)
        }
        writer.member("registeredAt", Timestamp.text(device.registeredAt))
        if let key = device.key {
            writer.key("key")
            writer.beginObject()
            writer.member("kid", hex: key.identity.publicKey.kid)
            writer.member("trust", key.identity.trust.rawValue)
            if let profile = key.profile {
                writer.member("profile", profile.rawValue)
            }
            writer.member("since", Timestamp.text(key.since))
            writer.member("publicKeyPem", PEMText.publicKey(key.identity.publicKey.spki))
            writer.endObject()
        }
        if let evidence {
            writer.key("evidence")
            writer.beginArray()
            for entry in evidence { Self.write(entry, &writer) }
            writer.endArray()
        }
        writer.endObject()
        writer.newline()
    }

    private static func write(_ evidence: Evidence, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("how", evidence.how.rawValue)
        writer.member("at", Timestamp.text(evidence.at))
        if let digest = evidence.inputDigest {
            writer.member("inputSha256", hex: digest)
        }
        if let profile = evidence.profile {
            writer.member("profile", profile.rawValue)
        }
        writer.endObject()
    }

    /// One line: UUID, IMEI, trust, kid.
    var line: [UInt8] {
        let key = device.key.map { "\($0.identity.trust.rawValue) \(Hex.encode($0.identity.publicKey.kid))" }
        return Array(
            "\(device.uuid) \(device.imei?.description ?? "-") \(key ?? "- -")\n".utf8)
    }

    var text: [UInt8] {
        var block = TextBlock()
        block.line("device UUID", device.uuid.description)
        if let imei = device.imei { block.line("IMEI", imei.description) }
        block.line("registered", Timestamp.text(device.registeredAt))
        if let key = device.key {
            block.line("key", "\(Hex.encode(key.identity.publicKey.kid)) (\(key.identity.trust.rawValue))")
            block.line("key since", Timestamp.text(key.since))
            if let profile = key.profile { block.line("profile", profile.rawValue) }
        } else {
            block.line("key", "none")
        }
        for entry in evidence ?? [] {
            var parts = ["\(entry.how.rawValue) \(Timestamp.text(entry.at))"]
            if let digest = entry.inputDigest { parts.append("input \(Hex.encode(digest.prefix(4)))") }
            if let profile = entry.profile { parts.append(profile.rawValue) }
            block.line("evidence", parts.joined(separator: ", "))
        }
        return block.bytes
    }
}
