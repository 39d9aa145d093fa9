import COpenSSL

/// What libcrypto knows of a single certificate beyond its fields.
extension X509Certificate {
    /// The first second of 2017, the year of the first SHA-1 collision: a chain that is verified as of an earlier
    /// time may hold SHA-1 signatures, later none.
    public static let endOfSHA1: Int64 = 1_483_228_800

    /// Bits of security of the signature's hash as libcrypto counts them: 39 for MD5, 63 for SHA-1, 128 for SHA-256.
    public var signatureStrength: Int {
        var bits: Int32 = 0
        return X509_get_signature_info(pointer, nil, nil, &bits, nil) == 1 ? Int(bits) : 0
    }

    /// Whether the key of `issuer` made the signature; names are not compared.
    public func isSigned(by issuer: X509Certificate) -> Bool {
        defer { clearErrorQueue() }
        guard let key = X509_get0_pubkey(issuer.pointer) else { return false }
        return X509_verify(pointer, key) == 1
    }

    /// Whether the names say that it signed itself; they are compared by RFC 5280 section 7.1.
    public var isSelfIssued: Bool { X509_get_extension_flags(pointer) & UInt32(EXFLAG_SI) != 0 }

    /// Whether it signed itself.
    public var isSelfSigned: Bool { isSelfIssued && isSigned(by: self) }

    /// Whether every extension that libcrypto knows decodes to its last octet.
    public var hasSoundExtensions: Bool {
        for index in 0..<max(0, X509_get_ext_count(pointer)) {
            guard let element = X509_get_ext(pointer, index), assay_extension_is_sound(element) == 1 else {
                return false
            }
        }
        return true
    }

    /// Whether there are constraints on names that constrain nothing.
    public var hasEmptyNameConstraints: Bool { assay_name_constraints_are_empty(pointer) == 1 }
}

/// A name that compares as RFC 5280 section 7.1 says: without regard to case, spaces at the ends and string types.
///
/// Owns one `X509_NAME *` that is never changed after `init`.
public final class CanonicalName: Hashable, @unchecked Sendable {
    private let pointer: OpaquePointer
    private let digest: UInt

    /// - Parameter der: exactly one name; nil for anything else.
    public init?(der: [UInt8]) {
        var consumed = 0
        let name = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var cursor = buffer.baseAddress
            let name = d2i_X509_NAME(nil, &cursor, buffer.count)
            if let cursor, let base = buffer.baseAddress { consumed = cursor - base }
            return name
        }
        defer { clearErrorQueue() }
        guard let name else { return nil }
        guard consumed == der.count else {
            X509_NAME_free(name)
            return nil
        }
        pointer = name
        digest = X509_NAME_hash_ex(name, nil, nil, nil)
    }

    deinit { X509_NAME_free(pointer) }

    public static func == (left: CanonicalName, right: CanonicalName) -> Bool {
        X509_NAME_cmp(left.pointer, right.pointer) == 0
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}
