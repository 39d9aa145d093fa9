extension DistinguishedName {
    /// The value of an attribute.
    public enum Value {
        /// All octets are ASCII and characters.
        case ascii(ArraySlice<UInt8>)
        case text([Unicode.Scalar])
    }

    /// The values in the order of the encoding, whatever their string types and relative names.
    public var values: [Value] {
        places.map { place in
            let content = der[place.content]
            if place.kinds.contains(.ascii) { return .ascii(content) }
            return .text(DirectoryString.scalars(place.tag, content) ?? [])
        }
    }
}
