import DeviceIdentity
import JSON
import Ledger

/// What entries say that are rows of their own: compact JSON, `kind` first. ``EventBody`` reads them back.
extension AuditEvent {
    static func revoked(_ row: IssuanceRecord, reason: Int64) -> [UInt8] {
        body("revoke") { writer in
            writer.member("authority", hex: row.authority)
            writer.member("serial", hex: row.serial)
            writer.member("reason", reason)
        }
    }

    /// A certificate is to take the place of another.
    static func reissued(_ serial: [UInt8], for replaced: [UInt8]) -> [UInt8] {
        body("reissue") { writer in
            writer.member("serial", hex: serial)
            writer.member("replaces", hex: replaced)
        }
    }

    /// Of before schema version 5, where ``DeviceEntry`` took its place: still entered for stores that are older than
    /// the audit chain.
    static func trusted(_ device: DeviceUUID, _ keyID: [UInt8], trust: String, how: String) -> [UInt8] {
        body("trust") { writer in
            writer.member("deviceUuid", device.description)
            writer.member("kid", hex: keyID)
            writer.member("trust", trust)
            writer.member("how", how)
        }
    }

    static func removed(_ device: DeviceUUID) -> [UInt8] {
        body("remove") { writer in
            writer.member("deviceUuid", device.description)
        }
    }

    static func revocationList(_ list: RevocationListRow) -> [UInt8] {
        body("crl") { writer in
            writer.member("authority", hex: list.authority)
            writer.member("number", list.number)
            writer.member("sha256", hex: list.digest)
            writer.member("thisUpdate", list.thisUpdate)
            writer.member("nextUpdate", list.nextUpdate)
        }
    }

    /// Nonces that were used.
    static func used(_ digest: RunningDigest) -> [UInt8] {
        body("nonces") { writer in
            writer.member("count", digest.count)
            writer.member("sha256", hex: digest.value)
        }
    }

    /// What older entries say nothing of, as it was when the file was brought up to date.
    ///
    /// - Parameters:
    ///   - last: the last row of the ledger.
    ///   - issuances: over the rows up to it, see ``SQLiteStore/issuanceDigest(upTo:)``.
    static func pinned(from version: Int, last: Int64, issuances: RunningDigest) -> [UInt8] {
        body("pin") { writer in
            writer.member("from", Int64(version))
            writer.member("last", last)
            writer.member("sha256", hex: issuances.value)
        }
    }

    /// A person said that the clock is right although it is far from the last entry's.
    static func clockConfirmed(last: Int64) -> [UInt8] {
        body("clock") { writer in
            writer.member("last", last)
        }
    }

    static func body(_ kind: StaticString, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 512)
        writer.beginObject()
        writer.member("kind", ascii: kind)
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}
