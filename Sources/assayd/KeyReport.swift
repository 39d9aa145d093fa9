import Diagnostics
import JSON
import PKIX
import ProvisioningAPI
import Service

/// One API key, as `key list` prints it; its secret is not kept.
enum KeyReport {
    static func text(_ key: ProvisioningService.KeyDescription) -> [UInt8] {
        var text = "\(key.id)  \(key.role.rawValue)  \(key.team.escapedForTerminal)"
        if !key.name.isEmpty { text += "  \(key.name.escapedForTerminal)" }
        text += "  created \(InternetTime.text(key.createdAt))"
        if let revoked = key.revokedAt { text += "  revoked \(InternetTime.text(revoked))" }
        return Array((text + "\n").utf8)
    }

    static func json(_ key: ProvisioningService.KeyDescription) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", "assayd.key/1")
        writer.member("id", key.id)
        writer.member("team", key.team)
        writer.member("role", key.role.rawValue)
        writer.member("name", key.name)
        writer.member("createdAt", InternetTime.text(key.createdAt))
        if let revoked = key.revokedAt {
            writer.member("revokedAt", InternetTime.text(revoked))
        }
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
