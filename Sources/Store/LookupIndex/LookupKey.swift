/// 48 bits of a public key's digest, or of a device or a name under the ledger's secret (``LookupSecret``).
///
/// Different things may have one key, so rows that are found by it are compared with what was looked for.
struct LookupKey: Equatable, Sendable {
    static let width: Int64 = 48

    /// As they stand in the tables.
    let bits: Int64

    init(bits: Int64) { self.bits = bits }

    /// The first 6 octets of a digest.
    init(digest: [UInt8]) { bits = digest.prefix(6).reduce(0) { $0 << 8 | Int64($1) } }
}
