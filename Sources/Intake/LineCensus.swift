public import DeviceIdentity

/// What the lines at the beginning of a text look like, counted: what a format is told from.
public struct LineCensus: Sendable, Equatable {
    /// Tokens alone on their lines.
    public private(set) var tokens = 0
    /// A modem's answers with a token.
    public private(set) var answers = 0
    /// Rows of a CSV: lines with a separator and, in a cell of their own, a token or a device UUID.
    public private(set) var rows = 0
    public private(set) var objects = 0
    public private(set) var pemBlocks = 0
    /// Other words of a modem: `AT%…`, `+CME ERROR: 518`, `OK`.
    public private(set) var modemLines = 0
    /// Lines that are not blank.
    public private(set) var lines = 0
    /// Whether the first line that is not blank names columns.
    public private(set) var hasHeader = false
    /// Whether the first line that is not blank has a comma.
    public private(set) var beginsWithComma = false

    /// Enough lines to tell; all of a head would cost more than the rest of a short run.
    private static let enough = 64

    /// - Parameter needed: what a header has to name at least one of.
    public init(_ head: some Collection<UInt8>, needing needed: Set<FieldName>) {
        var isFirst = true
        for line in Array(head).split(separator: 0x0a) where !line.allSatisfy(\.isBlank) {
            let text = line.trimmed
            if isFirst {
                beginsWithComma = text.contains(UInt8(ascii: ","))
                hasHeader = Self.namesColumns(text, needed)
            }
            isFirst = false
            lines += 1
            enter(text)
            if lines >= Self.enough, tokens + answers + rows + objects + pemBlocks > 0 { return }
        }
    }

    private mutating func enter(_ text: ArraySlice<UInt8>) {
        if text.first == UInt8(ascii: "{") { objects += 1 }
        switch LineShape(text) {
        case .answer, .cutAnswer: answers += 1
        case .several:
            if text.first == UInt8(ascii: "%") { answers += 1 } else if Self.isRow(text) { rows += 1 }
        case .token: if text.contains(where: \.isBlank) { answers += 1 } else { tokens += 1 }
        case .embedded: if Self.isRow(text) { rows += 1 }
        case .pemBegin: pemBlocks += 1
        case .noise: if Self.isRow(text) { rows += 1 } else if Self.isModem(text) { modemLines += 1 }
        case .blank: break
        }
    }

    private static let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09]

    private static func isRow(_ text: ArraySlice<UInt8>) -> Bool {
        if text.first == UInt8(ascii: "{") { return false }
        return separators.contains { separator in
            let cells = text.split(separator: separator, omittingEmptySubsequences: false)
            return cells.count > 1
                && cells.contains { cell in
                    let cell = cell.trimmed.unquoted
                    return DeviceUUID(text: cell) != nil || LineShape.isToken(cell) && !cell.contains(0x20)
                }
        }
    }

    private static func namesColumns(_ text: ArraySlice<UInt8>, _ needed: Set<FieldName>) -> Bool {
        // The name of a member is none of a column.
        text.first != UInt8(ascii: "{")
            && separators.contains { separator in
                text.split(separator: separator).contains { title in
                    FieldName(title: title.trimmed.unquoted).map(needed.contains) == true
                }
            }
    }

    /// Whether it is the log of a modem, although no token is in it.
    public var isModemLog: Bool { modemLines > 0 && modemLines * 2 >= lines }

    private static let modemWords = [
        "AT+", "AT%", "+CME ERROR", "+CMS ERROR", "+CGSN", "+CFUN", "%X", "%CMNG",
    ]
    .map { Array($0.utf8) }
    private static let modemAnswers = ["OK", "ERROR"].map { Array($0.utf8)[...] }

    private static func isModem(_ text: ArraySlice<UInt8>) -> Bool {
        modemAnswers.contains(text) || modemWords.contains { text.starts(with: $0) }
    }
}
