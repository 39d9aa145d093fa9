/// A name of a subjectAltName (RFC 5280 section 4.2.1.6), of a kind that is text or an address; others are `nil`.
public struct GeneralName: Sendable, Hashable {
    /// The kinds that may be copied, by the words of OpenSSL's configuration in lower case.
    public enum Kind: String, Sendable, CaseIterable {
        /// rfc822Name.
        case email
        /// dNSName.
        case dns
        /// uniformResourceIdentifier.
        case uri
        /// iPAddress, of 4 or 16 octets.
        case ip

        var tag: DERTag {
            switch self {
            case .email: .primitive(1)
            case .dns: .primitive(2)
            case .uri: .primitive(6)
            case .ip: .primitive(7)
            }
        }

        /// What stands before the name where names are shown.
        var prefix: String {
            switch self {
            case .email: "email:"
            case .dns: "DNS:"
            case .uri: "URI:"
            case .ip: "IP Address:"
            }
        }
    }

    public let kind: Kind
    /// The octets of the name: ASCII, or those of the address.
    public let octets: [UInt8]

    public init(_ kind: Kind, _ octets: [UInt8]) {
        self.kind = kind
        self.octets = octets
    }

    /// Whether it is the same name: hosts are compared without case (RFC 5280 section 7.2).
    public func isSame(as other: GeneralName) -> Bool {
        guard kind == .dns, other.kind == .dns else { return self == other }
        return octets.count == other.octets.count
            && zip(octets, other.octets).allSatisfy { Self.lower($0) == Self.lower($1) }
    }

    private static func lower(_ octet: UInt8) -> UInt8 { 0x41...0x5A ~= octet ? octet | 0x20 : octet }

    /// The name as libcrypto prints it: `DNS:sensor.example`, `IP Address:192.0.2.1`, `IP Address:2001:DB8:0:0:0:0:0:1`.
    public var description: String {
        guard kind == .ip else { return kind.prefix + String(decoding: octets, as: UTF8.self) }
        return kind.prefix + Self.text(address: octets)
    }

    private static func text(address: [UInt8]) -> String {
        if address.count == 4 { return address.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: address.count - 1, by: 2).map { index in
            String(UInt16(address[index]) << 8 | UInt16(address[index + 1]), radix: 16, uppercase: true)
        }
        return groups.joined(separator: ":")
    }
}

extension CertificateExtension {
    /// The names of a subjectAltName whose body was checked, in their order; nil in place of those of other kinds.
    public var generalNames: [GeneralName?] {
        var reader = DERReader(value)
        guard var names = try? reader.enter(.sequence, "general names") else { return [] }
        var found: [GeneralName?] = []
        while !names.isAtEnd, let element = try? names.next() {
            let kind = GeneralName.Kind.allCases.first { $0.tag == element.tag }
            found.append(kind.map { GeneralName($0, Array(names.bytes[element.content])) })
        }
        return found
    }

    /// SubjectAltName of these names, not critical, since certificates have a subject too (RFC 5280 section 4.2.1.6).
    public static func subjectAlternativeName(_ names: [GeneralName]) -> CertificateExtension {
        var writer = DERWriter()
        writer.sequence { writer in
            for name in names { writer.primitive(name.kind.tag, name.octets) }
        }
        return CertificateExtension(oid: .subjectAlternativeName, isCritical: false, value: writer.bytes)
    }
}
