import DeviceIdentity
import JSON
import Ledger

/// What entries say that are rows of their own: compact JSON, `kind` first. ``EventBody`` reads them back.
extension AuditEvent {
    static func revoked(_ row: IssuanceRecord, reason: Int64) -> [UInt8] {
        body("revoke") { writer in
            writer.key("authority")
            writer.hex(row.authority)
            writer.key("serial")
            writer.hex(row.serial)
            writer.key("reason")
            writer.integer(reason)
        }
    }

    /// A certificate is to take the place of another.
    static func reissued(_ serial: [UInt8], for replaced: [UInt8]) -> [UInt8] {
        body("reissue") { writer in
            writer.key("serial")
            writer.hex(serial)
            writer.key("replaces")
            writer.hex(replaced)
        }
    }

    /// Of before schema version 5, where ``DeviceEntry`` took its place: still entered for stores that are older than
    /// the audit chain.
    static func trusted(_ device: DeviceUUID, _ keyID: [UInt8], trust: String, how: String) -> [UInt8] {
        body("trust") { writer in
            writer.key("deviceUuid")
            writer.string(device.description)
            writer.key("kid")
            writer.hex(keyID)
            writer.key("trust")
            writer.string(trust)
            writer.key("how")
            writer.string(how)
        }
    }

    static func removed(_ device: DeviceUUID) -> [UInt8] {
        body("remove") { writer in
            writer.key("deviceUuid")
            writer.string(device.description)
        }
    }

    static func revocationList(_ list: RevocationListRow) -> [UInt8] {
        body("crl") { writer in
            writer.key("authority")
            writer.hex(list.authority)
            writer.key("number")
            writer.integer(list.number)
            writer.key("sha256")
            writer.hex(list.digest)
            writer.key("thisUpdate")
            writer.integer(list.thisUpdate)
            writer.key("nextUpdate")
            writer.integer(list.nextUpdate)
        }
    }

    /// Nonces that were used.
    static func used(_ digest: RunningDigest) -> [UInt8] {
        body("nonces") { writer in
            writer.key("count")
            writer.integer(digest.count)
            writer.key("sha256")
            writer.hex(digest.value)
        }
    }

    /// What older entries say nothing of, as it was when the file was brought up to date.
    ///
    /// - Parameters:
    ///   - last: the last row of the ledger.
    ///   - issuances: over the rows up to it, see ``SQLiteStore/issuanceDigest(upTo:)``.
    static func pinned(from version: Int, last: Int64, issuances: RunningDigest) -> [UInt8] {
        body("pin") { writer in
            writer.key("from")
            writer.integer(Int64(version))
            writer.key("last")
            writer.integer(last)
            writer.key("sha256")
            writer.hex(issuances.value)
        }
    }

    /// A person said that the clock is right although it is far from the last entry's.
    static func clockConfirmed(last: Int64) -> [UInt8] {
        body("clock") { writer in
            writer.key("last")
            writer.integer(last)
        }
    }

    static func body(_ kind: StaticString, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 512)
        writer.beginObject()
        writer.key("kind")
        writer.string(ascii: kind)
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}
