import COpenSSL

/// Why a private key could not be read.
public enum PrivateKeyError: Error, Sendable {
    /// The file is encrypted and no passphrase was given.
    case passphraseNeeded
    /// The passphrase does not open the file.
    case wrongPassphrase
    /// Not a private key in PEM.
    case malformed(OpenSSLError)
    /// A key of a kind that Assay does not use, one whose public half ``PublicKeyRule`` refuses, or halves that do not
    /// belong together: what was expected and found.
    case unsound(String)
}

/// A private key. It has no description and no encoding but the ones asked for by name.
///
/// The `EVP_PKEY` is never changed after `init`, and OpenSSL allows concurrent use of such a key: hence
/// `@unchecked Sendable`. OpenSSL cleanses the key material when the last reference goes.
public final class PrivateKey: @unchecked Sendable {
    /// The kinds `key generate` makes.
    public enum GeneratedKind: String, Sendable, CaseIterable {
        case p256, p384, ed25519, rsa3072
    }

    /// PBKDF2 iterations of an encrypted key file: OWASP's figure for HMAC-SHA-256 (0.15 s on the machines of
    /// 2025). PBKDF2 rather than scrypt because GnuTLS reads no scrypt.
    public static let iterations = 600_000

    public let publicKey: PublicKey
    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) throws(OpenSSLError) {
        do {
            publicKey = try PublicKey(publicHalfOf: pointer)
        } catch {
            EVP_PKEY_free(pointer)
            throw error
        }
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }

    /// A new key from OpenSSL's generator.
    public static func generate(_ kind: GeneratedKind) throws(OpenSSLError) -> PrivateKey {
        let pointer =
            switch kind {
            case .p256: assay_generate_ec("prime256v1")
            case .p384: assay_generate_ec("secp384r1")
            case .ed25519: assay_generate_ed25519()
            case .rsa3072: assay_generate_rsa(3072)
            }
        guard let pointer else { throw OpenSSLError("generating a \(kind.rawValue) key") }
        return try PrivateKey(owning: pointer)
    }

    /// A P-256 key from its scalar, 32 bytes big-endian in 1…n−1; for reproducible test fleets.
    public static func p256(scalar: [UInt8]) throws(OpenSSLError) -> PrivateKey {
        let point = try P256Arithmetic().publicPoint(ofScalar: scalar)
        guard scalar.count == 32, let pointer = assay_p256_private_key(scalar, point) else {
            throw OpenSSLError("making a P-256 key from its scalar")
        }
        return try PrivateKey(owning: pointer)
    }

    /// Reads the first private key of a PEM text (PKCS#8 plain or encrypted, SEC 1, PKCS#1).
    public static func read(pem: [UInt8], passphrase: [UInt8]?) throws(PrivateKeyError) -> PrivateKey {
        guard pem.count <= 1 << 20, (passphrase?.count ?? 0) <= 1024 else {
            throw .malformed(OpenSSLError("reading a private key", reasons: ["file or passphrase too large"]))
        }
        ERR_clear_error()
        var asked = false
        let pointer = pem.withUnsafeBufferPointer { text -> OpaquePointer? in
            guard let input = BIO_new_mem_buf(text.baseAddress, Int32(text.count)) else { return nil }
            defer { BIO_free(input) }
            return (passphrase ?? []).withUnsafeBufferPointer { secret -> OpaquePointer? in
                var request = assay_passphrase(
                    bytes: passphrase == nil ? nil : secret.baseAddress, length: Int32(secret.count), asked: 0
                )
                if passphrase != nil, request.bytes == nil {
                    // An empty passphrase still has to be a pointer: nil means that there is none.
                    return withUnsafePointer(to: UInt8(0)) { empty in
                        request.bytes = empty
                        defer { asked = request.asked != 0 }
                        return assay_read_private_key(input, &request)
                    }
                }
                defer { asked = request.asked != 0 }
                return assay_read_private_key(input, &request)
            }
        }
        guard let pointer else {
            let error = OpenSSLError("reading a private key")
            if asked { throw passphrase == nil ? .passphraseNeeded : .wrongPassphrase }
            throw .malformed(error)
        }
        let key: PrivateKey
        do {
            key = try PrivateKey(owning: pointer)
        } catch {
            throw .unsound(error.reasons.last ?? error.message)
        }
        if let reason = key.contradiction { throw .unsound(reason) }
        return key
    }

    /// Why the private half does not make the signatures that the public half verifies; nil if it does.
    ///
    /// A file may hold any pair, and libcrypto compares nothing when it reads one.
    private var contradiction: String? {
        let mismatch = "expected a private key that belongs to its public key, found one that does not"
        switch publicKey.kind {
        case .rsa:
            guard let modulus = PublicKey.number(pointer, OSSL_PKEY_PARAM_RSA_N) else { return mismatch }
            if let first = PublicKey.number(pointer, "rsa-factor1"),
                let second = PublicKey.number(pointer, "rsa-factor2"),
                !RSAModulus.isProduct(modulus, first, second)
            {
                return "expected an RSA modulus that is the product of the two primes, found another"
            }
            let probe = Array("pairwise consistency".utf8)
            guard let signature = try? sign(probe, algorithm: .rsaPKCS1(.sha256)),
                publicKey.isValid(signature: signature, over: probe, algorithm: .rsaPKCS1(.sha256))
            else { return mismatch }
            return nil
        default:
            guard let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { return mismatch }
            defer { EVP_PKEY_CTX_free(context) }
            guard EVP_PKEY_check(context) == 1 else {
                clearErrorQueue()
                return "expected a private number in 1…n−1 that belongs to the public key, found another"
            }
            return nil
        }
    }

    /// PKCS#8 in PEM, not encrypted.
    public func pemUnencrypted() throws(OpenSSLError) -> [UInt8] {
        guard let output = assay_secure_memory_bio() else { throw OpenSSLError("writing a private key") }
        defer { BIO_free(output) }
        guard assay_write_pkcs8_plain(output, pointer) == 1 else {
            throw OpenSSLError("writing a private key")
        }
        return contents(of: output)
    }

    /// PKCS#8 in PEM, encrypted under `passphrase` with PBES2: AES-256-CBC, PBKDF2-HMAC-SHA256 (RFC 8018).
    public func pemEncrypted(passphrase: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard let info = EVP_PKEY2PKCS8(pointer) else { throw OpenSSLError("writing a private key") }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        var salt = try RandomBytes.make(16)
        let sealed = passphrase.withUnsafeBufferPointer { secret in
            secret.withMemoryRebound(to: CChar.self) {
                assay_pkcs8_encrypt(
                    info, $0.baseAddress, Int32(clamping: $0.count), Int32(Self.iterations), &salt, 16)
            }
        }
        guard let sealed else { throw OpenSSLError("encrypting a private key") }
        defer { X509_SIG_free(sealed) }
        guard let output = BIO_new(BIO_s_mem()) else { throw OpenSSLError("writing a private key") }
        defer { BIO_free(output) }
        guard PEM_write_bio_PKCS8(output, sealed) == 1 else { throw OpenSSLError("writing a private key") }
        return contents(of: output)
    }

    private func contents(of bio: OpaquePointer) -> [UInt8] {
        var data: UnsafeMutablePointer<CChar>?
        let length = assay_bio_memory(bio, &data)
        guard let data, length > 0 else { return [] }
        return data.withMemoryRebound(to: UInt8.self, capacity: length) {
            Array(UnsafeBufferPointer(start: $0, count: length))
        }
    }

    /// A signature over `message`; ECDSA signatures come as DER.
    ///
    /// For many signatures by one P-256 key use ``P256Signer``.
    public func sign(_ message: [UInt8], algorithm: SignatureAlgorithm) throws(OpenSSLError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw OpenSSLError("signing") }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        let digest = algorithm.hash.flatMap { FetchedDigests.shared.pointer($0) }
        guard EVP_DigestSignInit(context, &keyContext, digest, nil, pointer) == 1 else {
            throw OpenSSLError("signing")
        }
        if case .rsaPSS = algorithm, assay_set_rsa_pss(keyContext) != 1 { throw OpenSSLError("signing") }
        var length = 0
        guard EVP_DigestSign(context, nil, &length, message, message.count) == 1 else {
            throw OpenSSLError("signing")
        }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
            throw OpenSSLError("signing")
        }
        return Array(signature.prefix(length))
    }
}

extension PrivateKey {
    /// A signature over a digest of `algorithm`'s hash; ECDSA signatures come as DER.
    ///
    /// - Throws: ``OpenSSLError``, also for Ed25519, which signs no digests, and for a digest of another length.
    public func sign(digest: [UInt8], algorithm: SignatureAlgorithm) throws(OpenSSLError) -> [UInt8] {
        guard let hash = algorithm.hash, digest.count == hash.byteCount else {
            throw OpenSSLError("signing", reasons: ["expected a digest of the algorithm's hash"])
        }
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else {
            throw OpenSSLError("signing")
        }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_sign_init(context) == 1, setPadding(context, algorithm),
            EVP_PKEY_CTX_set_signature_md(context, FetchedDigests.shared.pointer(hash)) == 1
        else { throw OpenSSLError("signing") }
        var length = 0
        guard EVP_PKEY_sign(context, nil, &length, digest, digest.count) == 1 else {
            throw OpenSSLError("signing")
        }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_PKEY_sign(context, &signature, &length, digest, digest.count) == 1 else {
            throw OpenSSLError("signing")
        }
        return Array(signature.prefix(length))
    }

    private func setPadding(_ context: OpaquePointer, _ algorithm: SignatureAlgorithm) -> Bool {
        switch algorithm {
        case .rsaPKCS1: EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .rsaPSS: assay_set_rsa_pss(context) == 1
        case .ecdsa, .ed25519: true
        }
    }
}

/// Many ECDSA P-256 signatures by one key: the context is prepared once. One per worker.
public final class P256Signer {
    private let context: OpaquePointer
    // Keeps the EVP_PKEY alive that the context signs with.
    private let key: PrivateKey

    /// - Throws: ``OpenSSLError`` when the key is not on P-256.
    public init(key: PrivateKey) throws(OpenSSLError) {
        guard key.publicKey.kind == .p256 else {
            throw OpenSSLError("preparing ECDSA P-256 signing", reasons: ["the key is not on P-256"])
        }
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil),
            EVP_PKEY_sign_init(context) == 1
        else { throw OpenSSLError("preparing ECDSA P-256 signing") }
        self.context = context
        self.key = key
    }

    deinit { EVP_PKEY_CTX_free(context) }

    /// A DER `ECDSA-Sig-Value` over a SHA-256 digest of 32 bytes; at most 72 bytes.
    public func sign(digest: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard digest.count == 32 else {
            throw OpenSSLError("signing", reasons: ["a SHA-256 digest has 32 bytes, found \(digest.count)"])
        }
        var length = 72
        var ok = false
        let signature = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 72) { buffer -> [UInt8] in
            ok = EVP_PKEY_sign(context, buffer.baseAddress, &length, digest, digest.count) == 1
            return ok ? Array(UnsafeBufferPointer(rebasing: buffer[..<length])) : []
        }
        guard ok else { throw OpenSSLError("signing") }
        return signature
    }
}
