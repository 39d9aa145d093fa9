/// Reads CSV (RFC 4180) from chunks of bytes, one record at a time, losslessly and in bounded memory.
///
/// Own code, because what this program needs of a reader comes together in no library it has: every error
/// with its line and column, a bad record that does not stop the rest, bounds on fields and records, quoting
/// and raw bytes kept. Lines end with LF or CRLF; empty lines are skipped but counted; a byte order mark at
/// the start is skipped and reported. Quotation marks never closed are an error of that record alone:
/// reading goes on with the line after the opening mark, so that no line goes without an answer.
///
/// Feed it with ``append(_:)``, take what ``next()`` yields until nil, and after ``finish()`` once more.
public struct CSVReader: Sendable {
    /// What is in the input next.
    public enum Event: Sendable, Equatable {
        case record(CSVRecord)
        case malformed(CSVError)
    }

    /// What becomes of a first line that declares the delimiter, as spreadsheets write it: `sep=;`.
    public enum Declarations: Sendable {
        case areRows
        /// It says what separates fields.
        case count
        /// It is passed: somebody said otherwise.
        case arePassed
    }

    private enum State {
        case fieldStart
        case unquoted
        case quoted
        /// Behind a quotation mark inside a quoted field: the end of the field or the first of two.
        case quoteInQuoted
        case carriageReturn
        /// Behind a record that broke a limit, up to the next line.
        case skipping
    }

    /// Whether the input began with a UTF-8 byte order mark.
    public private(set) var hasByteOrderMark = false
    /// The first line, where it declared the delimiter, with its line end; empty where it did not.
    public private(set) var declaration: [UInt8] = []
    /// The 1-based line that is being read.
    public private(set) var line = 1

    private let limits: CSVLimits
    private var delimiter: CSVDelimiter
    private let declarations: Declarations
    private let keepsMalformed: Bool
    private var malformed: [UInt8] = []
    private var isFinished = false
    private var isAtStart = true

    /// Bytes not yet given out as records; those of the record being read begin at `recordStart`.
    private var buffer: [UInt8] = []
    private var recordStart = 0
    private var cursor = 0

    // The record being read. Offsets count from `recordStart`, so they survive moving the buffer.
    private var state = State.fieldStart
    private var recordLine = 1
    private var lineStart = 0
    private var fieldStart = 0
    private var fieldEnd = 0
    private var isQuoted = false
    private var hasDoubledQuotes = false
    private var quoteLine = 1
    private var quoteOffset = 0
    private var hasHighBytes = false
    private var bounds: [CSVRecord.Bounds] = []
    private var firstError: CSVError?

    /// - Parameters:
    ///   - delimiter: what separates fields; a comma is text where it is another one.
    ///   - declarations: what becomes of a first line `sep=;`. RFC 4180 has none, so it is a row.
    ///   - keepsMalformed: whether the bytes of malformed records can be had (``takeMalformed()``).
    public init(
        limits: CSVLimits = .standard, delimiter: CSVDelimiter = .comma,
        declarations: Declarations = .areRows,
        keepsMalformed: Bool = false
    ) {
        self.delimiter = delimiter
        self.declarations = declarations
        self.limits = limits
        self.keepsMalformed = keepsMalformed
    }

    /// The bytes of malformed records as written, in order, since the last call; nothing unless they are kept.
    ///
    /// Call it after each ``next()``, also after one that answered nil: a record beyond all limits comes in pieces,
    /// and what is not taken grows. The bytes after a ``Event/malformed(_:)`` belong to it until the next event.
    public mutating func takeMalformed() -> [UInt8] {
        guard !malformed.isEmpty else { return [] }
        defer { malformed = [] }
        return malformed
    }

    /// All events of a text that is in memory.
    public static func events(in text: [UInt8], limits: CSVLimits = .standard) -> [Event] {
        var reader = CSVReader(limits: limits)
        reader.append(text[...])
        reader.finish()
        var events: [Event] = []
        while let event = reader.next() {
            events.append(event)
        }
        return events
    }

    /// The next bytes of the input, in chunks of any size.
    public mutating func append(_ chunk: ArraySlice<UInt8>) {
        if recordStart > 0 {
            buffer.removeSubrange(..<recordStart)
            cursor -= recordStart
            recordStart = 0
        }
        buffer.append(contentsOf: chunk)
    }

    /// The input has ended.
    public mutating func finish() {
        isFinished = true
    }

    /// The next record or error; nil when more input is needed, and after ``finish()`` at the end.
    public mutating func next() -> Event? {
        guard !isAtStart || passStart() else { return nil }
        while cursor < buffer.count {
            if let event = step() {
                return event
            }
        }
        return isFinished ? endOfInput() : nil
    }

    /// Passes what is before the first record; false while too few bytes are there to tell.
    private mutating func passStart() -> Bool {
        guard
            let opening = CSVOpening(buffer, isWhole: isFinished, takesDeclaration: declarations != .areRows)
        else { return false }
        isAtStart = false
        hasByteOrderMark = opening.hasByteOrderMark
        declaration = opening.declaration
        if declarations == .count, let declared = opening.declared { delimiter = declared }
        if opening.declared != nil { line += 1 }
        cursor = opening.length
        beginRecord()
        return true
    }

    // MARK: State machine

    private mutating func step() -> Event? {
        switch state {
        case .fieldStart:
            if buffer[cursor] == Ascii.quote {
                isQuoted = true
                quoteLine = line
                quoteOffset = cursor - recordStart
                cursor += 1
                fieldStart = cursor - recordStart
                state = .quoted
            } else {
                state = .unquoted
            }
            return nil
        case .unquoted: return stepUnquoted()
        case .quoted: return stepQuoted()
        case .quoteInQuoted: return stepBehindQuote()
        case .carriageReturn:
            if buffer[cursor] == Ascii.lineFeed {
                return endField(separator: Ascii.lineFeed)
            }
            note(
                .loneCarriageReturn, "expected a line feed after a carriage return, found none",
                at: cursor - 1)
            state = .unquoted
            return nil
        case .skipping:
            let skipped = cursor
            cursor = buffer[cursor...].firstIndex(of: Ascii.lineFeed).map { $0 + 1 } ?? buffer.count
            if keepsMalformed { malformed += buffer[skipped..<cursor] }
            if cursor > 0, buffer[cursor - 1] == Ascii.lineFeed {
                line += 1
                beginRecord()
            } else {
                recordStart = cursor
            }
            return nil
        }
    }

    private mutating func stepUnquoted() -> Event? {
        let window = scanWindow()
        cursor =
            delimiter == .comma
            ? CSVScan.endOfPlain(buffer, cursor, window, &hasHighBytes)
            : CSVScan.endOfPlain(buffer, cursor, window, delimiter.byte, &hasHighBytes)
        if let event = checkLimits() {
            return event
        }
        guard cursor < window else { return nil }
        switch buffer[cursor] {
        case delimiter.byte, Ascii.lineFeed:
            fieldEnd = cursor - recordStart
            return endField(separator: buffer[cursor])
        case Ascii.carriageReturn:
            fieldEnd = cursor - recordStart
            state = .carriageReturn
        case Ascii.quote:
            note(.strayQuote, "expected no quotation mark in an unquoted field, found one", at: cursor)
        default:
            note(.nul, "expected text, found a byte 0", at: cursor)
        }
        cursor += 1
        return nil
    }

    private mutating func stepQuoted() -> Event? {
        let window = scanWindow()
        cursor = CSVScan.endOfQuoted(buffer, cursor, window, &hasHighBytes)
        if let event = checkLimits() {
            return event
        }
        guard cursor < window else { return nil }
        switch buffer[cursor] {
        case Ascii.quote:
            fieldEnd = cursor - recordStart
            state = .quoteInQuoted
        case Ascii.lineFeed:
            line += 1
            lineStart = cursor + 1 - recordStart
        default:
            note(.nul, "expected text, found a byte 0", at: cursor)
        }
        cursor += 1
        return nil
    }

    private mutating func stepBehindQuote() -> Event? {
        switch buffer[cursor] {
        case Ascii.quote:
            hasDoubledQuotes = true
            state = .quoted
            cursor += 1
        case delimiter.byte, Ascii.lineFeed:
            return endField(separator: buffer[cursor])
        case Ascii.carriageReturn:
            state = .carriageReturn
            cursor += 1
        default:
            note(
                .textBehindQuote,
                "expected a \(delimiter.name) or the end of the line after a closing quotation mark",
                at: cursor)
            state = .unquoted
        }
        return nil
    }

    /// Notes the field that ends at `fieldEnd`; `cursor` is at the delimiter or the line feed.
    private mutating func endField(separator: UInt8) -> Event? {
        guard bounds.count < limits.fields else {
            return giveUp(.tooManyFields, "expected at most \(limits.fields) fields, found more")
        }
        bounds.append(
            CSVRecord.Bounds(
                start: UInt32(truncatingIfNeeded: fieldStart), end: UInt32(truncatingIfNeeded: fieldEnd),
                isQuoted: isQuoted, hasDoubledQuotes: hasDoubledQuotes))
        cursor += 1
        if separator == delimiter.byte {
            beginField()
            return nil
        }
        line += 1
        return endRecord()
    }

    /// Gives out the bytes between `recordStart` and `cursor`.
    private mutating func endRecord() -> Event? {
        defer { beginRecord() }
        let isEmptyLine = bounds.count == 1 && !isQuoted && fieldEnd == fieldStart
        if isEmptyLine, firstError == nil {
            return nil
        }
        let raw = Array(buffer[recordStart..<cursor])
        if firstError == nil, hasHighBytes, let offset = CSVScan.firstInvalidUTF8(raw) {
            noteInvalidUTF8(raw, at: offset)
        }
        if let firstError {
            if keepsMalformed { malformed += raw }
            return .malformed(firstError)
        }
        return .record(CSVRecord(line: recordLine, raw: raw, delimiter: delimiter, bounds: bounds))
    }

    private mutating func beginField() {
        fieldStart = cursor - recordStart
        fieldEnd = fieldStart
        isQuoted = false
        hasDoubledQuotes = false
        state = .fieldStart
    }

    private mutating func beginRecord() {
        recordStart = cursor
        recordLine = line
        lineStart = 0
        hasHighBytes = false
        firstError = nil
        // A new array with room for as many fields as the last record had; the old one left with it.
        let expected = bounds.count
        bounds = []
        bounds.reserveCapacity(expected)
        beginField()
    }

    private mutating func endOfInput() -> Event? {
        guard cursor > recordStart, state != .skipping else { return nil }
        switch state {
        case .quoted:
            return giveUp(.unterminatedQuote, "expected a closing quotation mark, found the end of the input")
        case .carriageReturn:
            note(
                .loneCarriageReturn, "expected a line feed after a carriage return, found none",
                at: cursor - 1)
        case .fieldStart, .unquoted: fieldEnd = cursor - recordStart
        case .quoteInQuoted, .skipping: break
        }
        guard bounds.count < limits.fields else {
            return giveUp(.tooManyFields, "expected at most \(limits.fields) fields, found more")
        }
        bounds.append(
            CSVRecord.Bounds(
                start: UInt32(truncatingIfNeeded: fieldStart), end: UInt32(truncatingIfNeeded: fieldEnd),
                isQuoted: isQuoted, hasDoubledQuotes: hasDoubledQuotes))
        return endRecord()
    }

    // MARK: Limits and errors

    /// Scanning stops one byte after the nearer limit, however large the chunk is.
    private func scanWindow() -> Int {
        let field = recordStart + fieldStart + limits.fieldBytes + 1
        return min(buffer.count, field, recordStart + limits.recordBytes + 1)
    }

    private mutating func checkLimits() -> Event? {
        if cursor - recordStart - fieldStart > limits.fieldBytes {
            return giveUp(.fieldTooLong, "expected a field of at most \(limits.fieldBytes) bytes, found more")
        }
        if cursor - recordStart > limits.recordBytes {
            return giveUp(
                .recordTooLong, "expected a record of at most \(limits.recordBytes) bytes, found more")
        }
        return nil
    }

    /// Ends the record with an error; goes on after the line of the open quotation mark, or of this place.
    private mutating func giveUp(_ reason: CSVError.Reason, _ message: String) -> Event {
        let isOpen = state == .quoted
        if isOpen {
            cursor = recordStart + quoteOffset
            line = quoteLine
            lineStart =
                buffer[recordStart..<cursor].lastIndex(of: Ascii.lineFeed).map { $0 + 1 - recordStart } ?? 0
        }
        note(reason, message, at: cursor)
        let error = firstError
        if keepsMalformed { malformed += buffer[recordStart..<cursor] }
        recordStart = cursor
        beginRecord()
        state = .skipping
        return .malformed(
            error
                ?? CSVError(
                    reason: reason, message: message, recordLine: line, line: line, column: 1, field: 1))
    }

    /// Keeps the first error of a record; reading goes on to find where the record ends.
    private mutating func note(_ reason: CSVError.Reason, _ message: String, at index: Int) {
        guard firstError == nil else { return }
        firstError = CSVError(
            reason: reason, message: message, recordLine: recordLine, line: line,
            column: Self.column(buffer[(recordStart + lineStart)..<index]), field: bounds.count + 1)
    }

    private mutating func noteInvalidUTF8(_ raw: [UInt8], at offset: Int) {
        let before = raw[..<offset]
        let lines = before.count { $0 == Ascii.lineFeed }
        let start = before.lastIndex(of: Ascii.lineFeed).map { $0 + 1 } ?? 0
        let field = bounds.firstIndex { offset < Int($0.end) } ?? bounds.count - 1
        firstError = CSVError(
            reason: .invalidUTF8, message: "expected UTF-8, found other bytes", recordLine: recordLine,
            line: recordLine + lines, column: Self.column(before[start...]), field: field + 1)
    }

    private static func column(_ before: ArraySlice<UInt8>) -> Int {
        1 + before.count { $0 & 0xc0 != 0x80 }
    }
}
