import Attestation

/// How tokens stand in a file.
enum TokenFormat: Sendable, Equatable {
    case lines
    case csv
    case modemLog

    /// The format that the beginning of a file shows: modem lines anywhere, else a comma in the first line that is
    /// not empty, else one token a line.
    static func detect(_ head: [UInt8]) -> TokenFormat {
        for line in head.split(separator: 0x0a) where ModemLog.token(in: line) != nil { return .modemLog }
        let first = head.split(separator: 0x0a).first { !$0.allSatisfy(\.isBlank) }
        return first?.contains(UInt8(ascii: ",")) == true ? .csv : .lines
    }
}

extension UInt8 {
    /// Space, tab, carriage return, line feed.
    var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0d || self == 0x0a }
}

extension ArraySlice<UInt8> {
    var trimmed: ArraySlice<UInt8> {
        var slice = drop(while: \.isBlank)
        while let last = slice.last, last.isBlank { slice.removeLast() }
        return slice
    }
}
