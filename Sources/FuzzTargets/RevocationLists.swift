import PKIX

enum RevocationLists {
    /// The fewest octets of an entry: two lengths and tags, a serial number of one octet, and a UTCTime.
    private static let smallestEntry = 2 + 3 + 15

    /// A list is read from its own octets and from no others, says no more than it has room for, and is asked without
    /// a trap.
    static func check(_ bytes: [UInt8]) -> String? {
        guard let list = try? RevocationList(der: bytes) else { return nil }
        guard list.der == bytes else { return "the list holds other bytes than it was read from" }
        guard list.count * smallestEntry <= bytes.count else {
            return "the list counts entries that are not there"
        }
        for other in [Array(bytes.dropLast()), bytes + [0], Array(bytes.dropFirst())]
        where (try? RevocationList(der: other)) != nil {
            return "a part of the list, or more than it, is read too"
        }
        let pem = PEMWriter.encode(label: "X509 CRL", der: bytes)
        guard let der = try? PEMDocument(pem).single("X509 CRL"), let again = try? RevocationList(der: der)
        else {
            return "the list's PEM is not read"
        }
        guard again == list, again.issuer == list.issuer, again.count == list.count,
            again.thisUpdate == list.thisUpdate, again.nextUpdate == list.nextUpdate
        else { return "the list reads differently the second time" }
        guard list.issuer.description.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) else {
            return "the text of the issuer is not printable"
        }
        return (try? CertificateChainVerifier(anchors: [], revocationLists: [list, again])) == nil
            ? "the list is read and then refused" : nil
    }
}
