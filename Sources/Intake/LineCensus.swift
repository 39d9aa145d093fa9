import CSV
public import DeviceIdentity

/// What the lines at the beginning of a text look like, counted up to the first that shows how the text is written.
///
/// That line alone decides, not how many there are of each kind: of a pipe nobody knows how much has come, and the same
/// text has to be read in the same way whether it comes at once or line by line.
public struct LineCensus: Sendable, Equatable {
    /// What else than tokens, answers and rows a command reads, and so decides.
    public enum Form: Sendable { case objects, blocks }

    /// Tokens alone on their lines.
    public private(set) var tokens = 0
    /// A modem's answers with a token.
    public private(set) var answers = 0
    /// Rows of a CSV: lines with a separator and, in a cell of their own, a token or a device UUID.
    public private(set) var rows = 0
    public private(set) var objects = 0
    public private(set) var pemBlocks = 0
    /// Lines with the beginning of a PEM block in the middle.
    public private(set) var brokenBlocks = 0
    /// Other words of a modem: `AT%…`, `+CME ERROR: 518`, `OK`.
    public private(set) var modemLines = 0
    /// Lines that are not blank.
    public private(set) var lines = 0
    /// Whether the first line that is not blank has a comma.
    public private(set) var beginsWithComma = false
    /// How many columns the first line that is not blank names; 0 if it is no header, many if it declares a delimiter.
    private var columns = 0
    private let forms: Set<Form>

    /// - Parameters:
    ///   - needed: what a header has to name at least one of.
    ///   - forms: what else is read.
    public init(
        _ head: some Collection<UInt8>, needing needed: Set<FieldName>, reading forms: Set<Form> = []
    ) {
        self.forms = forms
        let head = Array(head.prefix(SourceReader.headSize))
        var start = 0
        while start < head.count, !isDecided {
            let end = head[start...].firstIndex { $0 == 0x0a || $0 == 0x0d } ?? head.count
            let line = head[start..<end]
            let text = line.trimmed
            start = end + 1
            if text.isEmpty { continue }
            if lines == 0 {
                beginsWithComma = text.contains(UInt8(ascii: ","))
                columns = CSVDelimiter(declaredBy: line) == nil ? Self.columns(text, needed) : .max
            }
            lines += 1
            if columns <= 1 || lines > 1 { enter(text) }
        }
    }

    /// Whether the whole lines of a live source show how it is written; what comes after them changes nothing then.
    public static func isDecided(
        _ bytes: [UInt8], needing needed: Set<FieldName>, reading forms: Set<Form> = []
    ) -> Bool {
        if bytes.count >= SourceReader.headSize { return true }
        guard let end = bytes.lastIndex(where: { $0 == 0x0a || $0 == 0x0d }) else { return false }
        let text = bytes[..<end]
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        return LineCensus(
            text.starts(with: mark) ? text.dropFirst(mark.count) : text, needing: needed, reading: forms
        ).isDecided
    }

    /// Whether a line showed how the text is written. One word could be a title of what follows as well as the name of
    /// a column: it decides with the line that comes next.
    public var isDecided: Bool {
        columns > 1 || tokens + answers + rows > 0 || forms.contains(.objects) && objects > 0
            || forms.contains(.blocks) && pemBlocks + brokenBlocks > 0
    }

    /// Whether the first line that is not blank names columns; a lone word does not where no rows follow it.
    public var hasHeader: Bool {
        columns > 1
            || columns == 1 && answers == 0 && !(forms.contains(.objects) && objects > 0)
                && !(forms.contains(.blocks) && pemBlocks > 0)
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
        case .noise:
            if Self.isRow(text) {
                rows += 1
            } else if Self.isModem(text) {
                modemLines += 1
            } else if TextBetweenBlocks.holdsBegin(text) {
                brokenBlocks += 1
            }
        case .blank: break
        }
    }

    private static let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09]

    /// Whether a line is a row of a table: a separator and, in a cell of its own, a token or a device UUID.
    public static func isRow(_ text: ArraySlice<UInt8>) -> Bool {
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

    private static func columns(_ text: ArraySlice<UInt8>, _ needed: Set<FieldName>) -> Int {
        // The name of a member is none of a column.
        if text.first == UInt8(ascii: "{") { return 0 }
        return separators.map { separator in
            let titles = text.split(separator: separator)
            let isHeader = titles.contains { title in
                FieldName(title: title.trimmed.unquoted).map(needed.contains) == true
            }
            return isHeader ? titles.count : 0
        }.max() ?? 0
    }

    /// Whether it is the log of a modem, although no token is in it.
    public var isModemLog: Bool { modemLines > 0 && modemLines * 2 >= lines }

    /// Whether a line is one of the other words of a modem.
    public static func isModem(_ text: ArraySlice<UInt8>) -> Bool { modemWords(in: text) != nil }

    /// What a modem says in a line beside answers with a token, without what a log puts before it; nil for another line.
    static func modemWords(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        LogPrefix.rests(of: text).first { rest in
            answersOfModems.contains(rest) || wordsOfModems.contains { rest.starts(with: $0) }
        }
    }

    private static let wordsOfModems = [
        "AT+", "AT%", "+CME ERROR", "+CMS ERROR", "+CGSN", "+CFUN", "%X", "%CMNG",
    ]
    .map { Array($0.utf8) }
    private static let answersOfModems = ["OK", "ERROR"].map { Array($0.utf8)[...] }
}
