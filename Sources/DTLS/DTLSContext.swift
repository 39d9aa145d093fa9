// Module DTLS: DTLS 1.2 (RFC 6347) by libssl, without sockets, clocks and threads. The only place that sees libssl's
// pointers. Datagrams and times go in, events and datagrams come out; an engine is confined to whoever calls it.

import COpenSSLTLS
public import OpenSSL

/// What servers of one certificate share: the certificate, its key, and the sessions that may be resumed.
///
/// Owns one `SSL_CTX *`, which is not changed after `init`; its cache of sessions is behind libssl's own lock.
public final class DTLSServerContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameters:
    ///   - chain: certificates in DER, the server's own first, then the CAs above it.
    ///   - key: the PKCS#8 PEM of the private key, not encrypted.
    ///   - cachedSessions: how many sessions may be resumed, the oldest giving way to new ones.
    ///   - lifetime: seconds for which a session may be resumed.
    /// - Throws: ``OpenSSLError`` if a certificate or the key cannot be read, or they do not belong together.
    public init(
        chain: [[UInt8]], key: [UInt8], cachedSessions: Int = 20_000, lifetime: Int = 86_400
    ) throws(OpenSSLError) {
        pointer = try Library.makeContext(DTLS_server_method(), suites: ModemSuites.ecdsa + ModemSuites.rsa)
        let name = Array("assayd".utf8)
        guard
            assay_dtls_serve(
                pointer, name, UInt32(name.count), max(cachedSessions, 1), max(lifetime, 1)) == 1
        else { throw OpenSSLError("setting up DTLS") }
        try Library.withPrivateKey(key) { key throws(OpenSSLError) in
            for (position, der) in chain.enumerated() {
                try Library.withCertificate(der) { certificate throws(OpenSSLError) in
                    // Both take a reference of their own.
                    let taken =
                        position == 0
                        ? SSL_CTX_use_certificate(pointer, certificate)
                        : assay_dtls_add_to_chain(pointer, certificate)
                    guard taken == 1 else { throw OpenSSLError("using a certificate for DTLS") }
                }
            }
            guard SSL_CTX_use_PrivateKey(pointer, key) == 1, SSL_CTX_check_private_key(pointer) == 1 else {
                throw OpenSSLError("using a private key for DTLS")
            }
        }
    }

    deinit { SSL_CTX_free(pointer) }
}

/// Whom clients trust and what they offer.
///
/// Owns one `SSL_CTX *`, which is not changed after `init`.
public final class DTLSClientContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameters:
    ///   - roots: certificates in DER that may vouch for a server; those of the system if it is nil.
    ///   - suites: cipher suites in the order of preference, as OpenSSL calls them.
    /// - Throws: ``OpenSSLError`` if a certificate cannot be read or a suite is not known.
    public init(
        roots: [[UInt8]]?, suites: [String] = ModemSuites.ecdsa + ModemSuites.rsa
    ) throws(OpenSSLError) {
        pointer = try Library.makeContext(DTLS_client_method(), suites: suites)
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        guard let roots else {
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                throw OpenSSLError("reading the certificates that this system trusts")
            }
            return
        }
        for root in roots {
            try Library.withCertificate(root) { certificate throws(OpenSSLError) in
                guard X509_STORE_add_cert(SSL_CTX_get_cert_store(pointer), certificate) == 1 else {
                    throw OpenSSLError("adding a trust anchor")
                }
            }
        }
    }

    deinit { SSL_CTX_free(pointer) }
}

/// A session that a client may resume.
///
/// Owns one reference to an `SSL_SESSION *`, which is only read after the handshake that made it.
public final class DTLSClientSession: @unchecked Sendable {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { SSL_SESSION_free(pointer) }
}

/// What both contexts need of libssl and libcrypto.
enum Library {
    static func makeContext(
        _ method: OpaquePointer?, suites: [String]
    ) throws(OpenSSLError) -> OpaquePointer {
        ERR_clear_error()
        guard let context = SSL_CTX_new(method) else { throw OpenSSLError("setting up DTLS") }
        guard assay_dtls_restrict(context, suites.joined(separator: ":")) == 1 else {
            let error = OpenSSLError("setting up DTLS")
            SSL_CTX_free(context)
            throw error
        }
        return context
    }

    static func withCertificate(
        _ der: [UInt8], _ body: (OpaquePointer) throws(OpenSSLError) -> Void
    ) throws(OpenSSLError) {
        let certificate = der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return d2i_X509(nil, &cursor, bytes.count)
        }
        guard let certificate else { throw OpenSSLError("reading a certificate") }
        defer { X509_free(certificate) }
        try body(certificate)
    }

    static func withPrivateKey(
        _ pem: [UInt8], _ body: (OpaquePointer) throws(OpenSSLError) -> Void
    ) throws(OpenSSLError) {
        // The callback refuses: without one, libcrypto would ask on the terminal for a passphrase.
        let key = pem.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
                return nil
            }
            defer { BIO_free(input) }
            return PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key else { throw OpenSSLError("reading a private key") }
        defer { EVP_PKEY_free(key) }
        try body(key)
    }
}
