import Ledger
import OpenSSL

/// The digest of any number of rows that come one after the other: `d(n) = SHA-256(d(n−1) || row)`, from 32 zero bytes.
struct RunningDigest: Equatable {
    private(set) var count: Int64 = 0
    private(set) var value = AuditEvent.origin

    mutating func add(_ row: [UInt8]) {
        count += 1
        value = Digest.sha256(value + row)
    }
}
