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

/// The modem's own lines: `%ATTESTTOKEN: "…"`, `%KEYGEN: "…"`.
enum ModemLog {
    private static let markers = ["%ATTESTTOKEN:", "%KEYGEN:", "%CLAIMTOKEN:"].map { Array($0.utf8) }

    /// The token in a line of a log, wherever in the line it stands; `nil` for every other line.
    static func token(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var position = line.startIndex
        while let percent = line[position...].firstIndex(of: UInt8(ascii: "%")) {
            for marker in markers where line[percent...].starts(with: marker) {
                return value(line[(percent + marker.count)...])
            }
            position = percent + 1
        }
        return nil
    }

    private static func value(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = rest.drop(while: \.isBlank)
        if text.first == UInt8(ascii: "\"") {
            let body = text.dropFirst()
            return body[..<(body.firstIndex(of: UInt8(ascii: "\"")) ?? body.endIndex)]
        }
        return text.prefix { !$0.isBlank }
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
