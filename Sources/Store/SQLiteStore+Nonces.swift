public import DeviceIdentity
public import Diagnostics
import Ledger
public import Registry
import SQLite

extension SQLiteStore: NonceRegistry {
    public func use(
        _ nonces: [(device: DeviceUUID, nonce: [UInt8])], at time: Int64
    ) throws(ToolError) -> [Bool] {
        try write("cannot write to the store") { () throws(SQLiteError) in
            // A number at the end of the range can only be somebody's tampering; the entry then fails.
            let last = try lastEntry().sequence
            let sequence = last == .max ? last : last + 1
            let insert = try statement(
                "INSERT OR IGNORE INTO nonce (uuid, nonce, at, seq) VALUES (?, ?, ?, ?)")
            var outcomes: [Bool] = []
            var rows: [[UInt8]] = []
            for (device, nonce) in nonces {
                let isNew =
                    try insert.run(
                        .blob(device.bytes), .blob(nonce), .integer(time), .integer(sequence)) > 0
                outcomes.append(isNew)
                if isNew { rows.append(Self.nonceOctets(device.bytes, nonce, time)) }
            }
            guard !rows.isEmpty else { return outcomes }
            var digest = RunningDigest()
            for row in rows.sorted(by: { $0.lexicographicallyPrecedes($1) }) { digest.add(row) }
            try append(AuditEvent.used(digest), at: time)
            return outcomes
        }
    }

    /// What the audit chain says of a nonce.
    static func nonceOctets(_ device: [UInt8], _ nonce: [UInt8], _ time: Int64) -> [UInt8] {
        var octets = device + nonce
        octets.append(bigEndian: time)
        return octets
    }
}
