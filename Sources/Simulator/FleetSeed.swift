import OpenSSL

/// What a simulated fleet follows from: the same text gives the same devices with the same keys.
///
/// HKDF-SHA-256 (RFC 5869), so that one purpose's bytes say nothing about another's. The keys are worth nothing all the
/// same: whoever knows the text has them.
public struct FleetSeed: Sendable, Equatable {
    /// The order of the group of P-256, big-endian.
    static let order: [UInt8] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ]

    private let key: [UInt8]

    public init(_ text: String) {
        key = KeyDerivation.extract(salt: Array("assay simulated fleet 1".utf8), secret: Array(text.utf8))
    }

    /// `count` bytes for one purpose of one device, at most 8,160.
    public func bytes(_ purpose: String, device: Int, number: UInt64 = 0, count: Int) -> [UInt8] {
        KeyDerivation.expand(key: key, info: Array("\(purpose)/\(device)/\(number)".utf8), count: count)
    }

    /// The scalar of a P-256 key in 1…n−1: the first candidate that is in the range, so that none is more likely than
    /// another (FIPS 186-5 A.2.2).
    public func scalar(_ purpose: String, device: Int, number: UInt64 = 0) -> [UInt8] {
        var attempt = 0
        while true {
            let candidate = bytes("\(purpose) \(attempt)", device: device, number: number, count: 32)
            if candidate.lexicographicallyPrecedes(Self.order), candidate.contains(where: { $0 != 0 }) {
                return candidate
            }
            attempt += 1
        }
    }

    /// A number below 1 that decides one thing of chance, for example whether a report is lost.
    public func fraction(_ purpose: String, device: Int, number: UInt64) -> Double {
        let word = bytes(purpose, device: device, number: number, count: 4).reduce(0) { $0 << 8 | UInt32($1) }
        return Double(word) / 4_294_967_296
    }
}
