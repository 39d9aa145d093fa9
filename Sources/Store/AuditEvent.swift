import Attestation
import DeviceIdentity
public import Diagnostics
import JSON
import OpenSSL
import SQLite

/// An entry of the audit chain.
///
/// `hash(n) = SHA-256(hash(n−1) || seq as 8 bytes || at as 8 bytes || body)`, big-endian, hash(0) = 32 zero bytes: a
/// changed, missing or moved entry breaks every hash behind it. What is cut off at the end only a checkpoint shows.
public struct AuditEvent: Sendable, Equatable {
    /// From 1, without gaps.
    public let sequence: Int64
    /// Seconds since 1970.
    public let at: Int64
    /// Compact JSON; `kind` is its first member.
    public let body: String
    /// 32 bytes.
    public let hash: [UInt8]

    /// The hash that an entry with these contents has to have.
    ///
    /// - Parameter body: UTF-8.
    public static func hash(
        after previous: [UInt8], sequence: Int64, at: Int64, body: some Collection<UInt8>
    ) -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity(previous.count + 16 + body.count)
        input += previous
        for number in [UInt64(bitPattern: sequence), UInt64(bitPattern: at)] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                input.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        input.append(contentsOf: body)
        return Digest.sha256(input)
    }

    /// The hash before the first entry.
    public static let origin = [UInt8](repeating: 0, count: 32)

    // MARK: Bodies

    static func issued(_ intent: IssuanceIntent, fingerprint: [UInt8]) -> [UInt8] {
        body("issue") { writer in
            writer.key("authority")
            writer.hex(intent.authority)
            writer.key("profile")
            writer.string(intent.profile)
            writer.key("serial")
            writer.hex(intent.serial)
            writer.key("csrSha256")
            writer.hex(intent.request)
            writer.key("fingerprintSha256")
            writer.hex(fingerprint)
            writer.key("deviceUuid")
            if let device = intent.device { writer.string(device.description) } else { writer.null() }
            writer.key("attestation")
            guard let attestation = intent.attestation else { return writer.null() }
            writer.beginObject()
            writer.key("profile")
            writer.string(attestation.profile.rawValue)
            writer.key("kid")
            writer.hex(attestation.keyID)
            writer.endObject()
        }
    }

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

    static func revocationList(authority: [UInt8], number: Int64, digest: [UInt8]) -> [UInt8] {
        body("crl") { writer in
            writer.key("authority")
            writer.hex(authority)
            writer.key("number")
            writer.integer(number)
            writer.key("sha256")
            writer.hex(digest)
        }
    }

    private static func body(_ kind: StaticString, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 512)
        writer.beginObject()
        writer.key("kind")
        writer.string(ascii: kind)
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}

extension SQLiteStore {
    /// Adds an entry to the chain; only inside a write transaction.
    ///
    /// - Parameter body: compact JSON, UTF-8.
    func append(_ body: [UInt8], at time: Int64) throws(SQLiteError) {
        if chainHead == nil {
            let head = try statement("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
            try head.bind()
            chainHead = try head.step() ? (head.integer(0), head.blob(1)) : (0, AuditEvent.origin)
            head.reset()
        }
        let (last, previous) = chainHead ?? (0, AuditEvent.origin)
        // A number at the end of the range can only be somebody's tampering; the insert then fails.
        let next = last == .max ? .max : last + 1
        let hash = AuditEvent.hash(after: previous, sequence: next, at: time, body: body)
        let add = try ledgerStatements.get().addEvent
        add.begin()
        try add.set(1, next)
        try add.set(2, time)
        try add.set(3, utf8: body)
        try add.set(4, blob: hash)
        _ = try add.step()
        chainHead = (next, hash)
    }

    /// The entries in order, one at a time; `body` returns false to stop.
    public func forEachEvent(_ body: (AuditEvent) throws(ToolError) -> Bool) throws(ToolError) {
        let select = try read("cannot read the ledger") { () throws(SQLiteError) in
            try connection.prepare("SELECT seq, at, body, hash FROM event ORDER BY seq")
        }
        while let event = try read(
            "cannot read the ledger",
            { () throws(SQLiteError) in
                try select.step()
                    ? AuditEvent(
                        sequence: select.integer(0), at: select.integer(1), body: select.text(2),
                        hash: select.blob(3)) : nil
            })
        {
            guard try body(event) else { return }
        }
    }
}
