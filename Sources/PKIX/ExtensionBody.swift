/// Syntax checks of the extension bodies that Assay knows (RFC 5280 section 4.2.1).
enum ExtensionBody {
    /// Checks that a known extension's value is one element of its type; unknown extensions pass.
    static func check(_ oid: OID, _ value: DERReader) throws(DERError) {
        var reader = value
        switch oid {
        case .keyUsage: _ = try KeyUsage(reading: &reader)
        case .basicConstraints: _ = try basicConstraints(&reader)
        case .extendedKeyUsage: _ = try purposes(&reader)
        case .subjectAlternativeName: try generalNames(&reader)
        case .subjectKeyIdentifier: _ = try reader.octetString("subject key identifier")
        case .authorityKeyIdentifier: _ = try authorityKeyIdentifier(&reader)
        case .netscapeCertificateType: _ = try reader.bitString("Netscape certificate type")
        default: return
        }
        try reader.finish("extension value")
    }

    /// Whether the subject is a CA, and its path length if stated.
    static func basicConstraints(_ reader: inout DERReader) throws(DERError) -> (isCA: Bool, pathLength: Int?)
    {
        var body = try reader.enter(.sequence, "basic constraints")
        var isCA = false
        if body.nextTag == .boolean {
            let offset = body.position
            isCA = try body.boolean("cA")
            guard isCA else { throw DERError(offset, "cA is FALSE but written out") }
        }
        let pathLength = body.isAtEnd ? nil : try body.smallInteger("path length")
        try body.finish("basic constraints")
        return (isCA, pathLength)
    }

    /// The key purposes of an ExtendedKeyUsage, at least one.
    static func purposes(_ reader: inout DERReader) throws(DERError) -> [OID] {
        let start = reader.position
        var body = try reader.enter(.sequence, "extended key usage")
        var result: [OID] = []
        while !body.isAtEnd { result.append(try body.objectIdentifier("key purpose")) }
        guard !result.isEmpty else { throw DERError(start, "extended key usage is empty") }
        return result
    }

    /// The keyIdentifier of an AuthorityKeyIdentifier, if it has one.
    static func authorityKeyIdentifier(_ reader: inout DERReader) throws(DERError) -> [UInt8]? {
        var body = try reader.enter(.sequence, "authority key identifier")
        let identifier = try body.readIfPresent(.primitive(0)).map { body.copy($0.content) }
        let issuer = try body.readIfPresent(.constructed(1))
        let serial = try body.readIfPresent(.primitive(2))
        guard (issuer == nil) == (serial == nil) else {
            throw DERError(body.position, "authority key identifier has an issuer or a serial number alone")
        }
        if let issuer {
            var names = body.contents(of: issuer)
            while !names.isAtEnd { try generalName(&names) }
        }
        try body.finish("authority key identifier")
        return identifier
    }

    private static func generalNames(_ reader: inout DERReader) throws(DERError) {
        let start = reader.position
        var names = try reader.enter(.sequence, "general names")
        guard !names.isAtEnd else { throw DERError(start, "general names are empty") }
        while !names.isAtEnd { try generalName(&names) }
    }

    private static func generalName(_ names: inout DERReader) throws(DERError) {
        let element = try names.next()
        var inner = names.contents(of: element)
        switch element.tag {
        case .constructed(0):  // otherName
            _ = try inner.objectIdentifierRange("other name type")
            var value = try inner.enter(.constructed(0), "other name value")
            try value.checkWellFormed(depth: 8)
            try inner.finish("other name")
        case .primitive(1), .primitive(2), .primitive(6):  // e-mail address, DNS name, URI
            let isASCII = names.bytes[element.content].allSatisfy { $0 < 0x80 && $0 != 0 }
            guard isASCII, !element.content.isEmpty else {
                throw DERError(element.start, "general name is not ASCII text")
            }
        case .constructed(4):  // directory name
            _ = try DistinguishedName(reading: &inner, "directory name")
            try inner.finish("directory name")
        case .primitive(7):
            guard element.content.count == 4 || element.content.count == 16 else {
                throw DERError(element.start, "expected an IP address of 4 or 16 octets")
            }
        case .primitive(8):
            guard OID.isWellFormed(names.bytes, element.content) else {
                throw DERError(element.start, "registered identifier is malformed")
            }
        case .constructed(3), .constructed(5):  // x400Address, ediPartyName
            try inner.checkWellFormed(depth: 8)
        default:
            throw DERError(element.start, "unknown kind of general name")
        }
    }
}
