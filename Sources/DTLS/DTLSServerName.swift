/// The server that a client means to reach, by which the certificate is judged.
public enum DTLSServerName: Sendable, Hashable {
    /// A host name, which the client also sends (SNI, RFC 6066 section 3).
    case host(String)
    /// An IPv4 or IPv6 address in text form, which is never sent.
    case address(String)
}
