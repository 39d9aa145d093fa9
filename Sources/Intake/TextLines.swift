extension UInt8 {
    /// Space, tab, carriage return, line feed.
    public var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0d || self == 0x0a }
}

extension ArraySlice<UInt8> {
    public var trimmed: ArraySlice<UInt8> {
        var slice = drop(while: \.isBlank)
        while let last = slice.last, last.isBlank { slice.removeLast() }
        return slice
    }

    /// Without quotation marks around all of it, as they are copied along with what they enclose.
    public var unquoted: ArraySlice<UInt8> {
        guard count >= 2, let first, first == last, first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
        else {
            return self
        }
        return dropFirst().dropLast()
    }
}
