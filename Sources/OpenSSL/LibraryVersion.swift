import COpenSSL

/// The libcrypto that is loaded, which may be a newer one than the program was built with.
public enum LibraryVersion {
    /// Such as `3.0.17`.
    public static var text: String {
        OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? ""
    }
}
