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

/// The curve, made once. It is never changed after `init`, and libcrypto reads a group from several threads at once:
/// hence `@unchecked Sendable`.
private final class P256Curve: @unchecked Sendable {
    static let shared = P256Curve()

    private let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)

    func contains(_ encoded: [UInt8]) -> Bool {
        guard let group, let point = EC_POINT_new(group) else { return false }
        defer { EC_POINT_free(point) }
        guard EC_POINT_oct2point(group, point, encoded, encoded.count, nil) == 1 else {
            clearErrorQueue()
            return false
        }
        return true
    }
}
