import COpenSSL

/// A certificate revocation list (RFC 5280 section 5) as libcrypto reads it, not verified.
///
/// Owns one `X509_CRL *` that is never mutated after `init`, so sharing it between threads is safe.
public final class X509RevocationList: @unchecked Sendable {
    /// The most octets a list may have.
    public static let maximumSize = 64 << 20

    /// The whole list as it was encoded.
    public let der: [UInt8]
    /// RFC 4514 text, most specific attribute first.
    public let issuer: String
    /// Seconds since 1970.
    public let thisUpdate: Int64
    /// Seconds since 1970, if stated.
    public let nextUpdate: Int64?
    let pointer: OpaquePointer

    /// Reads exactly one list in DER.
    ///
    /// - Throws: ``OpenSSLError`` if it is none, is longer than ``maximumSize`` or is followed by other octets.
    public init(der: [UInt8]) throws(OpenSSLError) {
        let operation = "reading a revocation list"
        guard der.count <= Self.maximumSize else {
            throw OpenSSLError(operation, reasons: ["expected at most \(Self.maximumSize) octets"])
        }
        var consumed = 0
        let pointer = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var cursor = buffer.baseAddress
            let list = d2i_X509_CRL(nil, &cursor, buffer.count)
            if let cursor, let base = buffer.baseAddress { consumed = cursor - base }
            return list
        }
        guard let pointer else { throw OpenSSLError(operation) }
        guard consumed == der.count, let thisUpdate = X509Fields.seconds(X509_CRL_get0_lastUpdate(pointer))
        else {
            X509_CRL_free(pointer)
            throw OpenSSLError(operation, reasons: ["octets left over or no issue date"])
        }
        self.pointer = pointer
        self.der = der
        self.thisUpdate = thisUpdate
        nextUpdate = X509Fields.seconds(X509_CRL_get0_nextUpdate(pointer))
        issuer = X509Fields.text(X509_CRL_get_issuer(pointer))
        clearErrorQueue()
    }

    deinit { X509_CRL_free(pointer) }
}
