import COpenSSL
import Glibc

/// A P-256 public key as a value: the uncompressed point, cheap to keep by the hundred thousand.
///
/// The form is checked here; that the point is on the curve is checked by every use
/// (``P256Verifier``, ``PublicKey``).
public struct P256PublicKey: Hashable, Sendable {
    /// The uncompressed point, 65 bytes: `04 || X || Y` (SEC 1 §2.3.3).
    public let point: [UInt8]

    /// SubjectPublicKeyInfo up to the point: ecPublicKey on prime256v1 (RFC 5480 §2.1.1), 26 bytes.
    static let spkiPrefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]

    /// `nil` unless `point` is exactly 65 bytes and starts with 04.
    public init?(x963 point: ArraySlice<UInt8>) {
        guard point.count == 65, point.first == 0x04 else { return nil }
        self.point = Array(point)
    }

    /// `nil` unless `spki` is exactly the 91-byte SubjectPublicKeyInfo of an uncompressed P-256 point.
    public init?(spki: ArraySlice<UInt8>) {
        guard Self.isSPKI(spki) else { return nil }
        self.init(x963: spki.dropFirst(Self.spkiPrefix.count))
    }

    /// Whether `spki` is exactly the 91-byte SubjectPublicKeyInfo of an uncompressed P-256 point.
    public static func isSPKI(_ spki: ArraySlice<UInt8>) -> Bool {
        spki.count == spkiPrefix.count + 65
            && spki.withUnsafeBufferPointer { octets in
                guard let start = octets.baseAddress else { return false }
                return memcmp(start, spkiPrefix, spkiPrefix.count) == 0
                    && start[spkiPrefix.count] == 0x04
            }
    }

    /// Whether the point is on the curve; the point at infinity has no such encoding. A microsecond.
    public var isOnCurve: Bool { P256Curve.shared.contains(point) }

    /// SubjectPublicKeyInfo, 91 bytes of DER.
    public var spki: [UInt8] { Self.spkiPrefix + point }

    /// SHA-256 of the SubjectPublicKeyInfo: the key id that the modems use, 32 bytes.
    public var kid: [UInt8] { Digest.sha256(spki) }
}

/// The curve y² = x³ - 3x + b over the field of p, its numbers in Montgomery's form and made once. They are never changed
/// after `init`, and libcrypto reads them from several threads at once: hence `@unchecked Sendable`.
///
/// libcrypto's own check (`EC_POINT_oct2point`) divides by p several times and makes a context for each point: five times
/// as much work, which a table of keys pays for each row.
private final class P256Curve: @unchecked Sendable {
    static let shared = P256Curve()

    private let prime: OpaquePointer?
    private let b: OpaquePointer?
    private let three: OpaquePointer?
    private let field: OpaquePointer?
    /// Nothing is on a curve that libcrypto does not have.
    private let isThere: Bool

    private init() {
        let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)
        let context = BN_CTX_new()
        defer {
            EC_GROUP_free(group)
            BN_CTX_free(context)
        }
        (prime, b, three, field) = (BN_new(), BN_new(), BN_new(), BN_MONT_CTX_new())
        guard let group, let prime, let b, let three, let field else {
            isThere = false
            return
        }
        isThere =
            EC_GROUP_get_curve(group, prime, nil, b, context) == 1 && BN_set_word(three, 3) == 1
            && BN_MONT_CTX_set(field, prime, context) == 1 && BN_to_montgomery(b, b, field, context) == 1
            && BN_to_montgomery(three, three, field, context) == 1
    }

    /// Whether `04 || X || Y` is a point: both coordinates below p, and the equation holds.
    func contains(_ encoded: [UInt8]) -> Bool {
        guard isThere, encoded.count == 65, encoded[0] == 0x04, let context = BN_CTX_new() else {
            return false
        }
        defer { BN_CTX_free(context) }
        let numbers = BigNumbers(context)
        defer { numbers.end() }
        guard let x = numbers.make(encoded[1..<33]), let y = numbers.make(encoded[33..<65]),
            let left = BN_CTX_get(context), let right = BN_CTX_get(context),
            BN_cmp(x, prime) < 0, BN_cmp(y, prime) < 0,
            BN_to_montgomery(x, x, field, context) == 1, BN_to_montgomery(y, y, field, context) == 1,
            BN_mod_mul_montgomery(left, y, y, field, context) == 1,
            BN_mod_mul_montgomery(right, x, x, field, context) == 1,
            BN_mod_sub_quick(right, right, three, prime) == 1,
            BN_mod_mul_montgomery(right, right, x, field, context) == 1,
            BN_mod_add_quick(right, right, b, prime) == 1
        else { return false }
        return BN_cmp(left, right) == 0
    }
}
