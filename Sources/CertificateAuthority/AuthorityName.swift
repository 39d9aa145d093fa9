import OpenSSL
import PKIX

/// The name of a CA, to be held against the names that it certifies: whoever had it would look like the CA itself.
struct AuthorityName: Sendable {
    private let name: DistinguishedName
    private let folded: [UInt8]?
    private let canonical: CanonicalName?

    init(_ name: DistinguishedName) {
        self.name = name
        folded = Self.folded(name)
        canonical = CanonicalName(der: name.der)
    }

    /// Whether a name is the CA's as RFC 5280 section 7.1 compares them, without regard to case, spaces and string types.
    func isName(of subject: DistinguishedName) -> Bool {
        if subject == name { return true }
        if subject.places.count != name.places.count { return false }
        // Nearly every name differs in its letters, which is told without the whole rules.
        if let folded, let other = Self.folded(subject), other != folded { return false }
        return canonical != nil && CanonicalName(der: subject.der) == canonical
    }

    /// The letters of all values in lower case, without spaces; nil for a name that is not ASCII alone.
    private static func folded(_ name: DistinguishedName) -> [UInt8]? {
        var folded: [UInt8] = []
        for value in name.values {
            guard case .ascii(let octets) = value else { return nil }
            for octet in octets where octet != 0x20 {
                folded.append(0x41...0x5a ~= octet ? octet | 0x20 : octet)
            }
            folded.append(0)
        }
        return folded
    }
}
