import COpenSSL

/// Any public key that OpenSSL can read, with the SubjectPublicKeyInfo it came as.
///
/// The `EVP_PKEY` is never changed after `init`, and OpenSSL allows concurrent use of a key that is not being
/// changed: hence `@unchecked Sendable`.
public final class PublicKey: @unchecked Sendable {
    /// The kinds that Assay tells apart.
    public enum Kind: Equatable, Sendable {
        case p256, p384, p521
        case otherCurve(String)
        /// Modulus length in bits.
        case rsa(bits: Int)
        case ed25519
        case other(String)
    }

    /// SubjectPublicKeyInfo, DER (RFC 5280 §4.1.2.7).
    public let spki: [UInt8]
    public let kind: Kind
    let pointer: OpaquePointer

    /// - Parameter spki: exactly one SubjectPublicKeyInfo in DER, nothing behind it.
    /// - Throws: ``OpenSSLError`` when it is not one, or when the point is not on its curve.
    public init(spki: [UInt8]) throws(OpenSSLError) {
        var key: OpaquePointer?
        var consumed = 0
        spki.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            key = d2i_PUBKEY(nil, &cursor, buffer.count)
            if let cursor, let base = buffer.baseAddress { consumed = cursor - base }
        }
        guard let key else { throw OpenSSLError("reading a public key") }
        guard consumed == spki.count else {
            EVP_PKEY_free(key)
            throw OpenSSLError("reading a public key", reasons: ["\(spki.count - consumed) bytes left over"])
        }
        self.pointer = key
        self.spki = spki
        self.kind = Self.kind(of: key)
    }

    /// The public half of `key`.
    init(publicHalfOf key: OpaquePointer) throws(OpenSSLError) {
        let length = i2d_PUBKEY(key, nil)
        guard length > 0 else { throw OpenSSLError("encoding a public key") }
        let spki = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            var cursor = buffer.baseAddress
            count = Int(max(i2d_PUBKEY(key, &cursor), 0))
        }
        EVP_PKEY_up_ref(key)
        self.pointer = key
        self.spki = spki
        self.kind = Self.kind(of: key)
    }

    deinit { EVP_PKEY_free(pointer) }

    /// SHA-256 of the SubjectPublicKeyInfo, 32 bytes.
    public var kid: [UInt8] { Digest.sha256(spki) }

    /// Whether `signature` over `message` was made with this key's private half under `algorithm`.
    ///
    /// False also when the algorithm does not fit the kind of key.
    public func isValid(signature: [UInt8], over message: [UInt8], algorithm: SignatureAlgorithm) -> Bool {
        guard fits(algorithm), let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        let digest = algorithm.hash.flatMap { FetchedDigests.shared.pointer($0) }
        guard EVP_DigestVerifyInit(context, &keyContext, digest, nil, pointer) == 1 else {
            clearErrorQueue()
            return false
        }
        if case .rsaPSS = algorithm, assay_set_rsa_pss(keyContext) != 1 {
            clearErrorQueue()
            return false
        }
        let result = EVP_DigestVerify(context, signature, signature.count, message, message.count)
        if result != 1 { clearErrorQueue() }
        return result == 1
    }

    /// Whether `signature` over `digest` (already hashed) is this key's.
    public func isValid(
        signature: [UInt8], digest: [UInt8], algorithm: SignatureAlgorithm
    ) -> Bool {
        guard fits(algorithm), let hash = algorithm.hash, hash.byteCount == digest.count,
            let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil)
        else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_verify_init(context) == 1,
            EVP_PKEY_CTX_set_signature_md(context, FetchedDigests.shared.pointer(hash)) == 1
        else {
            clearErrorQueue()
            return false
        }
        if case .rsaPSS = algorithm, assay_set_rsa_pss(context) != 1 {
            clearErrorQueue()
            return false
        }
        let result = EVP_PKEY_verify(context, signature, signature.count, digest, digest.count)
        if result != 1 { clearErrorQueue() }
        return result == 1
    }

    private func fits(_ algorithm: SignatureAlgorithm) -> Bool {
        switch (algorithm, kind) {
        case (.ecdsa, .p256), (.ecdsa, .p384), (.ecdsa, .p521), (.ecdsa, .otherCurve),
            (.rsaPKCS1, .rsa), (.rsaPSS, .rsa), (.ed25519, .ed25519):
            true
        default: false
        }
    }

    private static func kind(of key: OpaquePointer) -> Kind {
        switch assay_key_id(key) {
        case assay_key_id_ec:
            switch textParameter(key, "group") {
            case "prime256v1": return .p256
            case "secp384r1": return .p384
            case "secp521r1": return .p521
            case let name?: return .otherCurve(name)
            case nil: return .otherCurve("explicit parameters")
            }
        case assay_key_id_rsa, assay_key_id_rsa_pss: return .rsa(bits: Int(EVP_PKEY_get_bits(key)))
        case assay_key_id_ed25519: return .ed25519
        default:
            return .other(EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown")
        }
    }

    private static func textParameter(_ key: OpaquePointer, _ name: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 80)
        var length = 0
        guard EVP_PKEY_get_utf8_string_param(key, name, &buffer, buffer.count, &length) == 1, length <= 79
        else {
            clearErrorQueue()
            return nil
        }
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
