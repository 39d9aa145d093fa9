/// RFC 4514 text, most specific attribute first: the same octets that `openssl x509 -nameopt RFC2253` prints,
/// which escapes everything outside printable ASCII, so that the text is safe on any terminal and in any log.
extension DistinguishedName: CustomStringConvertible {
    /// For example `CN=sensor-7,O=Example`; empty for an empty name.
    public var description: String { plainText ?? fullText }

    private var fullText: String {
        relativeNames.reversed().map { attributes in
            attributes.reversed().map(Self.text).joined(separator: "+")
        }.joined(separator: ",")
    }

    /// The text of a name of single attributes without anything to escape, as nearly all devices have it: every
    /// certificate of a batch is written with it, and the general way takes ten times as long. `nil` for others.
    private var plainText: String? {
        // Filled from its end, because the most specific attribute comes first in text and last in DER; no name in
        // text is longer than its octets.
        var text = [UInt8](repeating: 0, count: der.count)
        var start = text.count
        var place = -1
        visitAttributes { reader, set, type, value in
            guard set != place, let name = AttributeType.known(reader, type)?.nameOctets, isPlain(value),
                start > name.count + 1 + value.content.count
            else {
                start = text.count
                return false
            }
            if place >= 0 {
                start -= 1
                text[start] = UInt8(ascii: ",")
            }
            place = set
            start -= value.content.count
            text.replaceSubrange(start..<start + value.content.count, with: der[value.content])
            start -= 1
            text[start] = UInt8(ascii: "=")
            start -= name.count
            text.replaceSubrange(start..<start + name.count, with: name)
            return true
        }
        return start == text.count ? nil : String(decoding: text[start...], as: UTF8.self)
    }

    private func isPlain(_ value: DERReader.Element) -> Bool {
        let content = der[value.content]
        guard let first = content.first, let last = content.last, first != 0x20, last != 0x20 else {
            return false
        }
        return first != UInt8(ascii: "#") && DirectoryString.isASCII(value.tag, content)
            && content.allSatisfy(Self.isPlain)
    }

    /// Printable ASCII that no rule of RFC 4514 section 2.4 wants escaped.
    private static func isPlain(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: ","), UInt8(ascii: "+"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: ";"):
            false
        default: (0x20...0x7E).contains(octet)
        }
    }

    private static func text(_ attribute: Attribute) -> String {
        guard let type = AttributeType.known(attribute.type),
            let scalars = DirectoryString.scalars(attribute.tag, attribute.content[...])
        else {
            // A value whose meaning is unknown is shown as its DER (RFC 4514 section 2.4).
            var writer = DERWriter()
            writer.primitive(attribute.tag, attribute.content)
            let name = AttributeType.known(attribute.type)?.name ?? attribute.type.description
            return name + "=#" + hexadecimal(writer.bytes).uppercased()
        }
        return type.name + "=" + escape(scalars)
    }

    private static func escape(_ scalars: [Unicode.Scalar]) -> String {
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case ",", "+", "\"", "\\", "<", ">", ";":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case "#" where index == 0:
                result += "\\#"
            case " " where index == 0 || index == scalars.count - 1:
                result += "\\ "
            case " "..."~":
                result.unicodeScalars.append(scalar)
            default:
                for octet in String(scalar).utf8 { result += "\\" + hexadecimal([octet]).uppercased() }
            }
        }
        return result
    }
}
