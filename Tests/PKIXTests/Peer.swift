import COpenSSL

/// libcrypto's own X.509 code as a second opinion.
enum Peer {
    /// Whether `der` is one request for OpenSSL with nothing left over, and whether its signature verifies.
    static func request(_ der: [UInt8]) -> (parses: Bool, verifies: Bool) {
        defer { ERR_clear_error() }
        var consumed = 0
        let request = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var cursor = buffer.baseAddress
            let result = d2i_X509_REQ(nil, &cursor, buffer.count)
            if let cursor, let base = buffer.baseAddress { consumed = cursor - base }
            return result
        }
        guard let request else { return (false, false) }
        defer { X509_REQ_free(request) }
        guard consumed == der.count else { return (false, false) }
        guard let key = X509_REQ_get0_pubkey(request) else { return (true, false) }
        return (true, X509_REQ_verify(request, key) == 1)
    }

    /// A certificate decoded and encoded again, nil if OpenSSL cannot read it.
    static func reencodedCertificate(_ der: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { buffer -> [UInt8]? in
            var cursor = buffer.baseAddress
            guard let certificate = d2i_X509(nil, &cursor, buffer.count) else { return nil }
            defer { X509_free(certificate) }
            // i2d_re_X509_tbs drops the cached encoding, so that this encodes anew.
            guard i2d_re_X509_tbs(certificate, nil) > 0 else { return nil }
            var output: UnsafeMutablePointer<UInt8>?
            let length = i2d_X509(certificate, &output)
            guard length > 0, let output else { return nil }
            defer { CRYPTO_free(output, "", 0) }
            return Array(UnsafeBufferPointer(start: output, count: Int(length)))
        }
    }

    /// What `-nameopt RFC2253` prints.
    static func nameText(_ der: [UInt8]) -> String? {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { buffer -> String? in
            var cursor = buffer.baseAddress
            guard let name = d2i_X509_NAME(nil, &cursor, buffer.count), let bio = BIO_new(BIO_s_mem()) else {
                return nil
            }
            defer {
                X509_NAME_free(name)
                BIO_free(bio)
            }
            // XN_FLAG_RFC2253, a macro that Swift does not see.
            guard X509_NAME_print_ex(bio, name, 0, 0x111_0317) >= 0 else { return nil }
            var text = [UInt8](repeating: 0, count: 4096)
            let length = BIO_read(bio, &text, 4096)
            return String(decoding: text.prefix(Int(max(0, length))), as: UTF8.self)
        }
    }
}
