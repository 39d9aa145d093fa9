/// RFC 4514 text, most specific attribute first: the same octets that `openssl x509 -nameopt RFC2253` prints,
/// which escapes everything outside printable ASCII, so that the text is safe on any terminal and in any log.
extension DistinguishedName: CustomStringConvertible {
    /// For example `CN=sensor-7,O=Example`; empty for an empty name.
    public var description: String {
        relativeNames.reversed().map { attributes in
            attributes.reversed().map(Self.text).joined(separator: "+")
        }.joined(separator: ",")
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
