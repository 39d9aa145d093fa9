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

    /// The one reader of public keys.
    ///
    /// - Parameter spki: exactly one SubjectPublicKeyInfo in DER, nothing after it.
    /// - Throws: ``OpenSSLError`` when it is not one, when it holds a key of a kind that Assay does not use or in a form
    ///   that it does not accept (explicit curve parameters, a compressed point), and when ``PublicKeyRule`` has
    ///   something against it.
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
        let kind = Self.kind(of: key)
        if let defect = Self.defect(spki, kind, key) {
            EVP_PKEY_free(key)
            throw OpenSSLError("reading a public key", reasons: [defect])
        }
        self.pointer = key
        self.spki = spki
        self.kind = kind
    }

    /// Whether the octets begin with a public key in BER, if not in DER: what is wrong with it is then its form.
    public static func begins(_ octets: [UInt8]) -> Bool {
        let key = octets.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return d2i_PUBKEY(nil, &cursor, buffer.count)
        }
        clearErrorQueue()
        EVP_PKEY_free(key)
        return key != nil
    }

    /// The public half of `key`, which is held against the same rule.
    convenience init(publicHalfOf key: OpaquePointer) throws(OpenSSLError) {
        try self.init(spki: encoded(key, i2d_PUBKEY))
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

    /// SubjectPublicKeyInfo of an uncompressed point or of an Ed25519 key up to the key (RFC 5480, RFC 8410), and the
    /// whole length: each of these kinds has one encoding.
    private static func frame(of kind: Kind) -> (prefix: [UInt8], length: Int)? {
        let ecPublicKey: [UInt8] = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
        switch kind {
        case .p256: return (P256PublicKey.spkiPrefix + [0x04], 91)
        case .p384:
            let curve: [UInt8] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]
            return ([0x30, 0x76, 0x30, 0x10] + ecPublicKey + curve + [0x03, 0x62, 0x00, 0x04], 120)
        case .p521:
            let curve: [UInt8] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23]
            return (
                [0x30, 0x81, 0x9b, 0x30, 0x10] + ecPublicKey + curve + [0x03, 0x81, 0x86, 0x00, 0x04], 158
            )
        case .ed25519:
            return ([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00], 44)
        default: return nil
        }
    }

    /// What the rule has against a key that libcrypto has read; libcrypto itself has checked that a point of P-256, P-384
    /// or P-521 is on its curve.
    private static func defect(_ spki: [UInt8], _ kind: Kind, _ key: OpaquePointer) -> String? {
        switch kind {
        case .p256, .p384, .p521, .ed25519:
            guard let (prefix, length) = frame(of: kind), spki.count == length, spki.starts(with: prefix)
            else { return "expected a named curve and an uncompressed point in DER, found another form" }
            return kind == .ed25519 ? PublicKeyRule.defect(ofEd25519: spki.suffix(32)) : nil
        case .rsa:
            guard encoded(key, i2d_PUBKEY) == spki else {
                return "expected an RSA key in DER with NULL parameters, found another form"
            }
            guard let modulus = number(key, OSSL_PKEY_PARAM_RSA_N),
                let exponent = number(key, OSSL_PKEY_PARAM_RSA_E)
            else { return "expected an RSA modulus and exponent, found none" }
            return PublicKeyRule.defect(ofRSA: modulus[...], exponent: exponent[...])
        case .otherCurve(let name), .other(let name):
            return "expected a P-256, P-384, P-521, RSA or Ed25519 key, found \(name)"
        }
    }

    /// A number of a key, big-endian without leading zeros.
    static func number(_ key: OpaquePointer, _ name: String) -> [UInt8]? {
        var found: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &found) == 1, let found else {
            clearErrorQueue()
            return nil
        }
        defer { BN_clear_free(found) }
        let length = (Int(BN_num_bits(found)) + 7) / 8
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            count = Int(max(BN_bn2bin(found, buffer.baseAddress), 0))
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
        // A key that says RSASSA-PSS of itself is another kind: no verb takes it.
        case assay_key_id_rsa: return .rsa(bits: Int(EVP_PKEY_get_bits(key)))
        case assay_key_id_rsa_pss: return .other("RSASSA-PSS")
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
