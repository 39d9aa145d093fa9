import DeviceIdentity
import Diagnostics
import OpenSSL

/// A simulated fleet: every key, identifier and nonce follows from the seed, so the same seed gives the same bytes.
///
/// The keys are worth nothing; whoever knows the seed has them all.
struct Fleet: Sendable {
    let seed: String

    /// The scalar of a P-256 key, 32 bytes in 1…n−1: SHA-512 of `seed/kind/index`, reduced modulo n − 1, plus 1.
    func scalar(_ kind: String, _ index: Int) -> [UInt8] {
        Scalar.reduced(Digest.hash(.sha512, Array("\(seed)/\(kind)/\(index)".utf8)))
    }

    /// SHA-256 of `seed/kind/index`, 32 bytes.
    func digest(_ kind: String, _ index: Int) -> [UInt8] {
        Digest.sha256(Array("\(seed)/\(kind)/\(index)".utf8))
    }

    /// 16 bytes that stand for a device, a firmware or a nonce.
    func identifier(_ kind: String, _ index: Int) -> [UInt8] {
        Array(digest(kind, index).prefix(16))
    }

    /// The identifier as a UUID.
    func uuid(_ kind: String, _ index: Int) throws(ToolError) -> DeviceUUID {
        guard let uuid = DeviceUUID(bytes: digest(kind, index).prefix(16)) else {
            throw ToolError(.internalFault, "expected 16 bytes of a UUID")
        }
        return uuid
    }
}

/// Arithmetic modulo n − 1, n the order of P-256.
enum Scalar {
    /// n − 1 in 64-bit words, most significant first.
    private static let modulus: [UInt64] = [
        0xFFFF_FFFF_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0xBCE6_FAAD_A717_9E84, 0xF3B9_CAC2_FC63_2550,
    ]

    /// 1 + (`number` mod n − 1), 32 bytes; `number` is big-endian and of any length.
    static func reduced(_ number: [UInt8]) -> [UInt8] {
        var rest: [UInt64] = [0, 0, 0, 0]
        for byte in number {
            for shift in 0..<8 { append(bit: UInt64(byte >> (7 - shift)) & 1, to: &rest) }
        }
        // Below n − 1, so adding 1 stays within 256 bits.
        for word in (0..<4).reversed() {
            let (sum, overflow) = rest[word].addingReportingOverflow(1)
            rest[word] = sum
            if !overflow { break }
        }
        return rest.flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
    }

    /// 2 `rest` + `bit`, modulo n − 1; a subtraction at most, since `rest` is below the modulus.
    private static func append(bit: UInt64, to rest: inout [UInt64]) {
        var carry = bit
        for word in (0..<4).reversed() {
            let next = rest[word] >> 63
            rest[word] = rest[word] << 1 | carry
            carry = next
        }
        guard carry == 1 || !rest.lexicographicallyPrecedes(modulus) else { return }
        var borrow: UInt64 = 0
        for word in (0..<4).reversed() {
            let (first, under) = rest[word].subtractingReportingOverflow(modulus[word])
            let (second, underAgain) = first.subtractingReportingOverflow(borrow)
            rest[word] = second
            borrow = under || underAgain ? 1 : 0
        }
    }
}
