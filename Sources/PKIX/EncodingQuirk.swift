/// A departure from the standards that is tolerated and reported, under the name that results print.
public enum EncodingQuirk: String, Sendable, Hashable, CaseIterable {
    /// A NULL where RFC 5758 section 3.2 wants no parameters, as nRF91 modem firmware writes it.
    case ecdsaNullParameters = "ecdsa-null-parameters"
    /// No NULL where RFC 4055 section 5 wants one; readers have to accept it.
    case rsaAbsentParameters = "rsa-absent-parameters"
    /// A requested extension whose `critical` is FALSE and nevertheless encoded (X.690 section 11.5).
    case explicitDefault = "explicit-default"
    /// A request without the attributes field, which RFC 2986 section 4.1 wants even where it is empty.
    case attributesMissing = "attributes-missing"
    /// A request of another version than 0, as some libraries write it; it is decoded and never verified.
    case version

    /// All quirks of both sets in the order of their declaration.
    static func inOrder(_ left: Set<EncodingQuirk>, _ right: Set<EncodingQuirk>) -> [EncodingQuirk] {
        if left.isEmpty, right.isEmpty { return [] }
        return allCases.filter { left.contains($0) || right.contains($0) }
    }
}
