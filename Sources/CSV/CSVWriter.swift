/// Writes CSV (RFC 4180) into a byte buffer, quoting only what has to be.
public struct CSVWriter: Sendable {
    /// How records end.
    public enum LineEnding: Sendable {
        case lineFeed
        /// As RFC 4180 has it.
        case carriageReturnLineFeed
    }

    /// The text written so far.
    public private(set) var bytes: [UInt8] = []
    private let lineEnding: LineEnding
    private let forSpreadsheet: Bool
    private var fieldCount = 0
    private var recordStart = 0

    /// - Parameter forSpreadsheet: whether a field that a spreadsheet would run as a formula gets an apostrophe in
    ///   front. That changes the data; everything else is written losslessly.
    public init(lineEnding: LineEnding = .lineFeed, forSpreadsheet: Bool = false) {
        self.lineEnding = lineEnding
        self.forSpreadsheet = forSpreadsheet
    }

    /// The next field, in quotation marks if its text needs them or the caller wants them.
    public mutating func field(_ text: String, quoted: Bool = false) {
        field(Array(text.utf8)[...], quoted: quoted)
    }

    /// The next field from UTF-8 bytes.
    public mutating func field(_ text: ArraySlice<UInt8>, quoted: Bool = false) {
        let text = forSpreadsheet && Self.isFormula(text) ? [UInt8(ascii: "'")] + text : text
        if fieldCount > 0 {
            bytes.append(Ascii.comma)
        }
        fieldCount += 1
        // Unquoted at the start of a text, U+FEFF would be taken for a byte order mark and lost.
        let looksLikeMark = bytes.isEmpty && text.starts(with: [0xef, 0xbb, 0xbf])
        guard quoted || looksLikeMark || text.contains(where: Self.needsQuotes) else {
            bytes.append(contentsOf: text)
            return
        }
        bytes.append(Ascii.quote)
        for byte in text {
            if byte == Ascii.quote {
                bytes.append(Ascii.quote)
            }
            bytes.append(byte)
        }
        bytes.append(Ascii.quote)
    }

    /// Ends the record. A single empty field is quoted, for an empty line would be no record.
    public mutating func endRecord() {
        if bytes.count == recordStart, fieldCount > 0 {
            bytes.append(Ascii.quote)
            bytes.append(Ascii.quote)
        }
        if lineEnding == .carriageReturnLineFeed {
            bytes.append(Ascii.carriageReturn)
        }
        bytes.append(Ascii.lineFeed)
        fieldCount = 0
        recordStart = bytes.count
    }

    /// A whole record.
    public mutating func record(_ fields: [String]) {
        for text in fields {
            field(text)
        }
        endRecord()
    }

    /// Forgets the text, keeping its memory: one writer serves many chunks.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        fieldCount = 0
        recordStart = 0
    }

    /// Spreadsheets compute cells that begin with these, also after a tab or a carriage return.
    private static func isFormula(_ text: ArraySlice<UInt8>) -> Bool {
        switch text.first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "\t"),
            Ascii.carriageReturn, Ascii.lineFeed:
            true
        default: false
        }
    }

    private static func needsQuotes(_ byte: UInt8) -> Bool {
        byte == Ascii.comma || byte == Ascii.quote || byte == Ascii.lineFeed
            || byte == Ascii.carriageReturn
    }
}
