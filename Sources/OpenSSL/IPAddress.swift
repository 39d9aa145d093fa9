import COpenSSL

/// Addresses of the Internet Protocol as certificates hold them.
public enum IPAddress {
    /// The 4 or 16 octets of an address in its usual form (`192.0.2.1`, `2001:db8::1`); nil for anything else.
    public static func octets(_ text: String) -> [UInt8]? {
        guard !text.utf8.contains(0), let address = a2i_IPADDRESS(text) else {
            ERR_clear_error()
            return nil
        }
        defer { ASN1_OCTET_STRING_free(address) }
        guard let start = ASN1_STRING_get0_data(address) else { return nil }
        return Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(address))))
    }
}
