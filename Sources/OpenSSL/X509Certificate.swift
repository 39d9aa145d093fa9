import COpenSSL

/// An X.509 certificate (RFC 5280) as libcrypto reads it. Reading is not verifying:
/// ``CertificateChainVerifier`` does that.
///
/// Owns one `X509 *`. It is never mutated after `init`, and what libcrypto caches inside is behind its own lock,
/// so sharing it between threads is safe.
public final class X509Certificate: @unchecked Sendable {
    /// The most octets a certificate may have.
    public static let maximumSize = 65_536

    /// The whole certificate as it was encoded.
    public let der: [UInt8]
    /// RFC 4514 text, most specific attribute first, everything outside printable ASCII escaped.
    public let subject: String
    /// The same for the issuer.
    public let issuer: String
    /// The subject as DER.
    public let subjectDER: [UInt8]
    /// The issuer as DER.
    public let issuerDER: [UInt8]
    /// Lower-case hexadecimal, two digits an octet; begins with `-` if the number is negative.
    public let serial: String
    /// Seconds since 1970.
    public let notBefore: Int64
    /// Seconds since 1970; the last second of validity.
    public let notAfter: Int64
    /// SubjectPublicKeyInfo, DER.
    public let spki: [UInt8]
    /// Whether basic constraints say that it is a CA.
    public let isCA: Bool
    /// The path length of basic constraints, if stated.
    public let pathLength: Int?
    /// The names of the key usage bits in their order, nil if the certificate does not restrict its key.
    public let keyUsage: [String]?
    /// The key purposes as dotted decimal text, nil if the certificate does not restrict them.
    public let extendedKeyUsage: [String]?
    /// The subject alternative names as OpenSSL prints them, for example `DNS:example.com`.
    public let subjectAlternativeNames: [String]
    /// The octets of the subject key identifier.
    public let subjectKeyIdentifier: [UInt8]?
    /// The octets of the authority's key identifier.
    public let authorityKeyIdentifier: [UInt8]?
    /// The signature algorithm's name, for example `ecdsa-with-SHA256`.
    public let signatureAlgorithm: String
    let pointer: OpaquePointer

    /// Reads exactly one certificate in DER.
    ///
    /// - Throws: ``OpenSSLError`` if it is none, is longer than ``maximumSize``, is followed by other octets, or
    ///   is not what libcrypto itself would have written (BER instead of DER).
    public convenience init(der: [UInt8]) throws(OpenSSLError) {
        let operation = "reading a certificate"
        guard der.count <= Self.maximumSize else {
            throw OpenSSLError(
                operation, reasons: ["expected at most \(Self.maximumSize) octets, found \(der.count)"])
        }
        var consumed = 0
        let pointer = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var cursor = buffer.baseAddress
            let certificate = d2i_X509(nil, &cursor, buffer.count)
            if let cursor, let base = buffer.baseAddress { consumed = cursor - base }
            return certificate
        }
        guard let pointer else { throw OpenSSLError(operation) }
        guard consumed == der.count else {
            X509_free(pointer)
            throw OpenSSLError(operation, reasons: ["\(der.count - consumed) octets left over"])
        }
        // Encoding the inner structure anew shows whether the original was DER.
        guard i2d_re_X509_tbs(pointer, nil) > 0, encoded(pointer, i2d_X509) == der else {
            X509_free(pointer)
            throw OpenSSLError(operation, reasons: ["the certificate is not in DER"])
        }
        try self.init(owning: pointer, der: der)
    }

    /// Takes another reference to a certificate that libcrypto keeps.
    convenience init(retaining pointer: OpaquePointer) throws(OpenSSLError) {
        X509_up_ref(pointer)
        try self.init(owning: pointer, der: encoded(pointer, i2d_X509))
    }

    private init(owning pointer: OpaquePointer, der: [UInt8]) throws(OpenSSLError) {
        // Not stored before everything has been read, so the failures below have to free it.
        guard let period = X509Fields.validity(pointer) else {
            X509_free(pointer)
            throw OpenSSLError("reading a certificate's validity")
        }
        self.der = der
        self.pointer = pointer
        notBefore = period.notBefore
        notAfter = period.notAfter
        subject = X509Fields.text(X509_get_subject_name(pointer))
        issuer = X509Fields.text(X509_get_issuer_name(pointer))
        subjectDER = encoded(X509_get_subject_name(pointer), i2d_X509_NAME)
        issuerDER = encoded(X509_get_issuer_name(pointer), i2d_X509_NAME)
        serial = X509Fields.serial(pointer)
        spki = encoded(X509_get_X509_PUBKEY(pointer), i2d_X509_PUBKEY)
        isCA = X509_get_extension_flags(pointer) & UInt32(EXFLAG_CA) != 0
        let length = X509_get_pathlen(pointer)
        pathLength = length < 0 ? nil : length
        keyUsage = X509Fields.keyUsage(pointer)
        extendedKeyUsage = X509Fields.purposes(pointer)
        subjectAlternativeNames = X509Fields.alternativeNames(pointer)
        subjectKeyIdentifier = X509Fields.octets(X509_get0_subject_key_id(pointer))
        authorityKeyIdentifier = X509Fields.octets(X509_get0_authority_key_id(pointer))
        signatureAlgorithm = X509Fields.objectName(X509_get_signature_nid(pointer))
        clearErrorQueue()
    }

    deinit { X509_free(pointer) }

    /// SHA-256 of the whole certificate, 32 octets.
    public var fingerprintSHA256: [UInt8] { Digest.sha256(der) }

    /// The public key, if it is one that any verb takes.
    public func publicKey() throws(OpenSSLError) -> PublicKey { try PublicKey(spki: spki) }
}

extension X509Certificate: Equatable {
    /// Equal if every octet is.
    public static func == (left: X509Certificate, right: X509Certificate) -> Bool { left.der == right.der }
}
