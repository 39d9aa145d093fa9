/// The character string types of names and what they may hold.
enum DirectoryString {
    /// Whether names may use a type: DirectoryString's, IA5String and NumericString.
    static func isTag(_ tag: DERTag) -> Bool {
        switch tag {
        case .utf8String, .printableString, .ia5String, .numericString, .t61String, .bmpString,
            .universalString:
            true
        default: false
        }
    }

    /// Whether contents octets are sound for the string type; types that are no strings are not judged.
    static func isWellFormed(_ tag: DERTag, _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        switch tag {
        case .utf8String: isUTF8(bytes, range)
        case .printableString: range.allSatisfy { isPrintable(bytes[$0]) }
        case .numericString: range.allSatisfy { bytes[$0] == 0x20 || (0x30...0x39).contains(bytes[$0]) }
        case .ia5String: range.allSatisfy { bytes[$0] < 0x80 }
        case .bmpString: scalars(tag, bytes[range]) != nil
        case .universalString: scalars(tag, bytes[range]) != nil
        default: true
        }
    }

    /// Whether contents octets of this string type that are ASCII are its characters.
    static func hasOctetCharacters(_ tag: DERTag) -> Bool {
        switch tag {
        case .utf8String, .printableString, .numericString, .ia5String, .t61String: true
        default: false
        }
    }

    /// The characters of a string type, nil for types that are no strings and for malformed contents.
    static func scalars(_ tag: DERTag, _ content: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
        switch tag {
        case .utf8String:
            return String(validating: content, as: UTF8.self).map { Array($0.unicodeScalars) }
        case .printableString, .numericString, .ia5String, .t61String:
            // T.61 is read as Latin-1, as everybody does.
            return content.map { Unicode.Scalar($0) }
        case .bmpString: return wide(content, 2)
        case .universalString: return wide(content, 4)
        default: return nil
        }
    }

    /// Whether an octet belongs to PrintableString's alphabet (X.680 section 41.4).
    static func isPrintable(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x27...0x29, 0x2B...0x2F, 0x3A, 0x3D, 0x3F: true
        default: false
        }
    }

    private static func isUTF8(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        var all: UInt8 = 0
        for offset in range { all |= bytes[offset] }
        if all < 0x80 { return true }
        return String(validating: bytes[range], as: UTF8.self) != nil
    }

    private static func wide(_ content: ArraySlice<UInt8>, _ width: Int) -> [Unicode.Scalar]? {
        guard content.count % width == 0 else { return nil }
        var result: [Unicode.Scalar] = []
        var value: UInt32 = 0
        for (index, octet) in content.enumerated() {
            value = value << 8 | UInt32(octet)
            guard index % width == width - 1 else { continue }
            guard let scalar = Unicode.Scalar(value) else { return nil }
            result.append(scalar)
            value = 0
        }
        return result
    }
}

/// What all octets of a value are, where octets that are ASCII are its characters.
struct OctetKinds: OptionSet, Sendable {
    let rawValue: UInt8

    /// Below 0x80.
    static let ascii = OctetKinds(rawValue: 1)
    /// ASCII without control characters.
    static let visible = OctetKinds(rawValue: 2)
    /// Visible, and nothing that RFC 4514 section 2.4 wants escaped wherever it stands.
    static let plain = OctetKinds(rawValue: 4)

    /// What the octets of `range` are in a value of this string type; nothing for types of wider characters.
    init(of bytes: [UInt8], _ range: Range<Int>, in tag: DERTag) {
        guard DirectoryString.hasOctetCharacters(tag) else {
            rawValue = 0
            return
        }
        let octets = bytes.span
        let table = Self.table.span
        var kinds: UInt8 = 7
        for offset in range { kinds &= table[Int(octets[offset])] }
        rawValue = kinds
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }

    private static let table: [UInt8] = (0..<256).map { octet in
        var kinds: OctetKinds = []
        if octet < 0x80 { kinds.insert(.ascii) }
        if (0x20...0x7E).contains(octet) {
            kinds.insert(.visible)
            if !",+\"\\<>;".utf8.contains(UInt8(octet)) { kinds.insert(.plain) }
        }
        return kinds.rawValue
    }
}
