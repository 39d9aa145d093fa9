extension DistinguishedName {
    /// A name of these attributes, each in a relative name of its own, most general first.
    ///
    /// - Throws: ``TextError`` for a value outside its type's alphabet or bounds (RFC 5280 appendix A.1).
    public init(attributes: [(type: AttributeType, value: String)]) throws(TextError) {
        var writer = DERWriter(capacity: 64)
        for attribute in attributes {
            if let reason = attribute.type.unfitness(of: attribute.value) { throw TextError(reason: reason) }
        }
        writer.sequence { writer in
            for attribute in attributes {
                writer.constructed(.set) { writer in
                    writer.sequence { writer in
                        writer.objectIdentifier(attribute.type.oid)
                        writer.primitive(attribute.type.stringTag, attribute.value.utf8)
                    }
                }
            }
        }
        do {
            try self.init(der: writer.bytes)
        } catch {
            throw TextError(reason: "\(error.reason)")
        }
    }
}

extension AttributeType {
    /// Why a text cannot be a value of this type: its bounds or its alphabet; nil if nothing is wrong.
    public func unfitness(of text: String) -> String? {
        if let reason = DistinguishedName.unfitness(of: Array(text.unicodeScalars), self, name) {
            return reason
        }
        let octets = Array(text.utf8)
        guard DirectoryString.isWellFormed(stringTag, octets, 0..<octets.count) else {
            let alphabet = stringTag == .printableString ? "PrintableString" : "ASCII"
            return "\(name) may hold only \(alphabet) characters"
        }
        return nil
    }
}
