public import PKIX

/// What the values of one attribute type in a subject may be.
public struct AttributeRule: Sendable {
    /// The characters of a value. Control characters are never among them.
    public enum Characters: String, Sendable, CaseIterable {
        /// All of Unicode.
        case any
        /// Space to tilde.
        case ascii
        /// The alphabet of PrintableString (X.680 section 41.4).
        case printable
        /// Letters, digits, full stop, underscore, hyphen and colon.
        case identifier
        case digits

        /// Whether a character outside ASCII, or one of ASCII, belongs to it.
        func contains(_ octet: UInt8) -> Bool {
            switch (self, octet) {
            case (.any, _), (.ascii, 0x20...0x7e): true
            case (.printable, 0x30...0x39), (.printable, 0x41...0x5a), (.printable, 0x61...0x7a): true
            case (.printable, _): Self.printableMarks.contains(octet)
            case (.identifier, 0x30...0x3a), (.identifier, 0x41...0x5a), (.identifier, 0x61...0x7a): true
            case (.identifier, 0x2d), (.identifier, 0x2e), (.identifier, 0x5f): true
            case (.digits, 0x30...0x39): true
            default: false
            }
        }

        private static let printableMarks: Set<UInt8> = Set(" '()+,-./:=?".utf8)
    }

    public let type: AttributeType
    public let isRequired: Bool
    /// How often it may occur, 1…16.
    public let maximumCount: Int
    /// Characters of a value.
    public let length: ClosedRange<Int>
    public let characters: Characters
    /// The type's number, by which the attributes of a name are told apart.
    fileprivate let typeNumber: Int

    init(
        _ type: AttributeType, isRequired: Bool = false, maximumCount: Int = 1,
        length: ClosedRange<Int>? = nil, characters: Characters = .any
    ) {
        self.type = type
        self.isRequired = isRequired
        self.maximumCount = maximumCount
        self.length = length ?? 1...type.maximum
        self.characters = characters
        typeNumber = type.number
    }

    fileprivate var excess: String {
        let times = maximumCount == 1 ? "once" : "\(maximumCount) times"
        return "expected \(type.name) at most \(times), found it more often"
    }

    /// Why a value is not one of these; nil if it is.
    func objection(tag: DERTag, content: ArraySlice<UInt8>) -> String? {
        let count: Int
        let fits: Bool
        if tag == .utf8String || tag == .printableString || tag == .ia5String || tag == .numericString,
            content.allSatisfy({ $0 < 0x80 })
        {
            count = content.count
            fits = characters == .any || content.allSatisfy(characters.contains)
        } else {
            guard let text = DistinguishedName.text(tag: tag, content: content) else {
                return "\(type.name) is not a character string"
            }
            count = text.unicodeScalars.count
            fits =
                characters == .any
                || text.unicodeScalars.allSatisfy {
                    $0.isASCII && characters.contains(UInt8(truncatingIfNeeded: $0.value))
                }
        }
        guard length.contains(count) else {
            let range = "\(length.lowerBound)…\(length.upperBound)"
            return "\(type.name) must have \(range) characters, found \(count)"
        }
        return fits ? nil : "\(type.name) may hold only \(characters.rawValue) characters"
    }
}

extension AttributeRule: Equatable {
    public static func == (left: AttributeRule, right: AttributeRule) -> Bool {
        left.type.oid == right.type.oid && left.isRequired == right.isRequired
            && left.maximumCount == right.maximumCount && left.length == right.length
            && left.characters == right.characters
    }
}

extension [AttributeRule] {
    /// Why a name does not keep these rules, which name every attribute that it may have; nil if it does.
    func objection(to name: DistinguishedName) -> String? {
        // How often an attribute occurs is counted where it occurs: no rule allows more than a few.
        for (number, place) in name.places.enumerated() {
            guard let index = firstIndex(where: { $0.typeNumber == place.knownType }) else {
                let shown =
                    place.known?.name ?? OID(content: [UInt8](name.der[place.type]))?.description
                    ?? "an attribute"
                return "the profile does not allow \(shown) in a subject"
            }
            var found = 0
            for earlier in 0...number where name.places[earlier].knownType == place.knownType { found += 1 }
            if found > self[index].maximumCount { return self[index].excess }
            if let reason = self[index].objection(tag: place.tag, content: name.der[place.content]) {
                return reason
            }
        }
        for index in indices where self[index].isRequired {
            let number = self[index].typeNumber
            guard name.places.contains(where: { $0.knownType == number }) else {
                return "expected \(self[index].type.name) in the subject, found none"
            }
        }
        return nil
    }
}
