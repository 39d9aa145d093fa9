import COpenSSL
import Synchronization

/// Which numbers make a public key that proves something, whatever form they came in. There is no second rule:
/// every ``PublicKey`` has passed this one, and who reads the form of a key without libcrypto asks it too.
public enum PublicKeyRule {
    /// The numbers of a key whose kind has a rule.
    public enum Numbers {
        /// 32 octets.
        case ed25519(ArraySlice<UInt8>)
        /// Big-endian without leading zeros.
        case rsa(modulus: ArraySlice<UInt8>, exponent: ArraySlice<UInt8>)
    }

    /// Why the key proves nothing; nil if nothing is found against it.
    public static func defect(_ numbers: Numbers) -> String? {
        switch numbers {
        case .ed25519(let key): defect(ofEd25519: key)
        case .rsa(let modulus, let exponent): defect(ofRSA: modulus, exponent: exponent)
        }
    }

    /// The longest modulus, which is also libcrypto's bound.
    static let longestModulus = 16_384
    /// The longest public exponent in octets: longer ones make each verification arbitrarily slow.
    static let longestExponent = 8

    /// Why an Ed25519 key (RFC 8032 section 5.1.5) proves nothing; nil if it is sound.
    ///
    /// A point of small order verifies made-up signatures; one in a second encoding is a second key to all who compare
    /// octets; and with what is no point nothing verifies.
    static func defect(ofEd25519 key: ArraySlice<UInt8>) -> String? {
        guard key.count == 32 else { return "expected an Ed25519 key of 32 octets, found \(key.count)" }
        let magnitude = EdwardsPoint.bigEndianY(key)
        guard EdwardsPoint.isReduced(magnitude) else {
            return "expected an Ed25519 point in its one encoding, found another"
        }
        guard !EdwardsPoint.hasSmallOrder(magnitude) else {
            return "expected an Ed25519 key, found a point of small order, under which anybody can sign"
        }
        guard EdwardsPoint.isOnCurve(magnitude) else {
            return "expected an Ed25519 key, found octets that are no point of the curve"
        }
        return nil
    }

    /// The verdicts on RSA keys, by digest: a key is judged once, however many of its signatures or certificates
    /// a run sees.
    private static let judged = Mutex<[[UInt8]: String?]>([:])
    private static let judgedLimit = 512

    /// Why an RSA key proves nothing; nil if nothing is found against it.
    ///
    /// What cannot be found in about a millisecond (a large factor, say) is not looked for.
    ///
    /// - Parameters:
    ///   - modulus: big-endian, without leading zeros.
    ///   - exponent: the same.
    static func defect(
        ofRSA modulus: ArraySlice<UInt8>, exponent: ArraySlice<UInt8>
    ) -> String? {
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard (1024...longestModulus).contains(bits) else {
            return "expected an RSA key of 1024…\(longestModulus) bits, found \(bits)"
        }
        guard let last = exponent.last, last & 1 == 1, exponent.count <= longestExponent,
            !(exponent.count == 1 && last == 1)
        else { return "expected an odd RSA exponent in 3…2^64, found another" }
        let digest = Digest.sha256(Array(modulus))
        if let known = judged.withLock({ $0[digest] }) { return known }
        let found = RSAModulus.defect(Array(modulus))
        judged.withLock {
            if $0.count >= judgedLimit { $0.removeAll() }
            $0[digest] = .some(found)
        }
        return found
    }
}

/// Points of edwards25519 by their y, which all encodings hold.
private enum EdwardsPoint {
    /// 2²⁵⁵ − 19.
    private static let prime: [UInt8] = [0x7f] + [UInt8](repeating: 0xff, count: 30) + [0xed]

    /// The y of the points of order 1, 2, 4 and 8: 1, −1, 0, and two more with their negatives.
    private static let smallOrders: [[UInt8]] = [
        [UInt8](repeating: 0, count: 31) + [1],
        [UInt8](repeating: 0, count: 32),
        [0x7f] + [UInt8](repeating: 0xff, count: 30) + [0xec],
        [
            0x05, 0xfc, 0x53, 0x6d, 0x88, 0x02, 0x38, 0xb1, 0x39, 0x33, 0xc6, 0xd3, 0x05, 0xac, 0xdf, 0xd5,
            0xf0,
            0x98, 0xef, 0xf2, 0x89, 0xf4, 0xc3, 0x45, 0xb0, 0x27, 0xb2, 0xc2, 0x8f, 0x95, 0xe8, 0x26,
        ],
        [
            0x7a, 0x03, 0xac, 0x92, 0x77, 0xfd, 0xc7, 0x4e, 0xc6, 0xcc, 0x39, 0x2c, 0xfa, 0x53, 0x20, 0x2a,
            0x0f,
            0x67, 0x10, 0x0d, 0x76, 0x0b, 0x3c, 0xba, 0x4f, 0xd8, 0x4d, 0x3d, 0x70, 0x6a, 0x17, 0xc7,
        ],
    ]

    /// The y of a key in big-endian order; the sign of x, which the top bit holds, left out.
    static func bigEndianY(_ key: ArraySlice<UInt8>) -> [UInt8] {
        var magnitude = Array(key.reversed())
        if !magnitude.isEmpty { magnitude[0] &= 0x7f }
        return magnitude
    }

    static func isReduced(_ y: [UInt8]) -> Bool { y.lexicographicallyPrecedes(prime) }

    static func hasSmallOrder(_ y: [UInt8]) -> Bool { smallOrders.contains(y) }

    /// Whether x² = (y² − 1)/(d·y² + 1) has a solution: whether the product of the two is a square. With d =
    /// −121665/121666 the denominator, times 121666, is 121666 − 121665·y², and is never zero.
    static func isOnCurve(_ y: [UInt8]) -> Bool {
        guard let context = BN_CTX_new() else { return false }
        defer { BN_CTX_free(context) }
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let field = numbers.make(prime[...]), let y = numbers.make(y[...]),
            let square = numbers.make([]), let left = numbers.make([]), let right = numbers.make([]),
            BN_mod_sqr(square, y, field, context) == 1, BN_copy(left, square) != nil,
            BN_sub_word(left, 1) == 1, BN_copy(right, square) != nil, BN_mul_word(right, 121_665) == 1,
            let whole = numbers.make([0x01, 0xdb, 0x42]), BN_sub(right, whole, right) == 1,
            BN_mul_word(right, 121_666) == 1,
            BN_mod_mul(left, left, right, field, context) == 1
        else {
            clearErrorQueue()
            return false
        }
        let symbol = BN_kronecker(left, field, context)
        return symbol == 0 || symbol == 1
    }
}
