import Attestation
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// A block of inputs from one source.
struct TokenChunk: Sendable {
    enum Content: Sendable {
        case lines(LineChunk, TokenFormat)
        /// One token, from the command line.
        case text(LineChunk)
        /// Rows of an attestation CSV with the places of its columns.
        case rows([CSVReader.Event], ColumnPlaces)
        /// The source could not be read.
        case unreadable(ToolError)
    }

    let source: SourceName
    let content: Content
    var passedOver: PassedOver?

    /// `imei,uuid,token,time`: the file that the nRF Cloud utilities write, without a header.
    static let standardColumns = ColumnPlaces([.imei: 0, .uuid: 1, .token: 2, .time: 3], count: 4)
}

/// One input: the text of a token, or why there is none.
struct TokenItem {
    let line: Int
    let text: Result<ArraySlice<UInt8>, RowError>
    /// What the row says about whose token it is.
    var uuid: Result<DeviceUUID, RowError>?
}

/// Why a row holds no token.
struct RowError: Error {
    let failure: CheckFailure

    init(_ failure: CheckFailure) { self.failure = failure }

    init(_ code: ErrorCode, _ message: String) { self.init(CheckFailure(code, message)) }
}

extension TokenChunk: ItemChunk {
    var refusal: ModemRefusal? {
        if case .lines(let lines, _) = content { ModemRefusal(in: lines) } else { nil }
    }

    func forEachItem(_ body: (TokenItem) -> Bool) {
        switch content {
        case .lines(let chunk, let format): passedOver?.add(lines: Self.lines(chunk, format, body))
        case .text(let chunk):
            let text = chunk.bytes[...]
            _ = body(
                Self.item(text, chunk.firstLine, .lines)
                    ?? TokenItem(line: chunk.firstLine, text: .success([])))
        case .rows(let events, let columns): Self.rows(events, columns, body)
        case .unreadable: break
        }
    }

    /// Says how many lines hold none.
    private static func lines(_ chunk: LineChunk, _ format: TokenFormat, _ body: (TokenItem) -> Bool) -> Int {
        var passedOver = 0
        // The rest of an answer that the terminal wrapped has been told with its first line.
        var isCut = false
        chunk.forEachLine { text, line in
            if isCut, LineShape.continuesAnswer(text) {
                isCut = !LineShape.endsAnswer(text)
                passedOver += 1
                return true
            }
            isCut = format != .lines && ModemLog.mayBeAnswer(text) && LineShape(text) == .cutAnswer
            if text.count > LineChunkReader.lineLimit {
                let error = RowError(
                    .tokenFormat, "expected lines of at most \(LineChunkReader.lineLimit) bytes")
                return body(TokenItem(line: line, text: .failure(error)))
            }
            if let item = item(text, line, format) { return body(item) }
            if !text.allSatisfy(\.isBlank) { passedOver += 1 }
            return true
        }
        return passedOver
    }

    private static let claimMarker = Array("%CLAIMTOKEN:".utf8)

    /// The input in a line; nil for a line without one.
    private static func item(_ text: ArraySlice<UInt8>, _ line: Int, _ format: TokenFormat) -> TokenItem? {
        // A list has nothing but tokens, and to ask for the shape of each would cost more than to read it.
        if format == .lines, !ModemLog.mayBeAnswer(text) {
            let token = text.trimmed.unquoted
            return token.isEmpty ? nil : TokenItem(line: line, text: .success(token))
        }
        func refused(_ code: ErrorCode, _ message: String) -> TokenItem {
            TokenItem(line: line, text: .failure(RowError(code, message)))
        }
        switch LineShape(text) {
        case .answer where ModemLog.value(of: claimMarker, in: text) != nil:
            return refused(
                .tokenFormat, "%CLAIMTOKEN answers are not read: ask the modem with AT%ATTESTTOKEN")
        case .answer(let token), .token(let token): return TokenItem(line: line, text: .success(token))
        case .cutAnswer: return refused(.tokenFormat, LineShape.cutAnswerReason)
        case .several: return refused(.mixedInput, LineShape.severalReason)
        case .embedded:
            return refused(
                .mixedInput,
                "expected a token alone or a modem's answer, found one in a row or an object, "
                    + "which may say whose it is (--format csv reads rows)")
        case .blank: return nil
        case .noise, .pemBegin:
            return format == .lines ? TokenItem(line: line, text: .success(text.trimmed)) : nil
        }
    }

    private static func rows(
        _ events: [CSVReader.Event], _ columns: ColumnPlaces, _ body: (TokenItem) -> Bool
    ) {
        for event in events {
            switch event {
            case .record(let record):
                guard body(item(record, columns)) else { return }
            case .malformed(let error):
                let failure = RowError(.csv, error.message)
                guard body(TokenItem(line: error.recordLine, text: .failure(failure))) else { return }

            }
        }
    }

    private static func item(_ record: CSVRecord, _ columns: ColumnPlaces) -> TokenItem {
        guard let column = columns[.token] ?? columns[.keygen], let token = record[column] else {
            // A line that has the shape of an input is one among rows too.
            switch LineShape(record.raw[...]) {
            case .token(let token), .answer(let token):
                return TokenItem(line: record.line, text: .success(token))
            default: break
            }
            let column = (columns[.token] ?? columns[.keygen] ?? 0) + 1
            let failure =
                record.delimiterFailure
                ?? CheckFailure(.csv, "expected a token in column \(column), found \(record.count) columns")
            return TokenItem(line: record.line, text: .failure(RowError(failure)))
        }
        let text: ArraySlice<UInt8>
        switch Self.token(inCell: token.bytes.trimmed) {
        case .success(let found): text = found
        case .failure(let error): return TokenItem(line: record.line, text: .failure(error))
        }
        var item = TokenItem(line: record.line, text: .success(text))
        if let field = columns[.uuid].flatMap({ record[$0] }), !field.bytes.trimmed.isEmpty {
            if let uuid = DeviceUUID(text: field.bytes.trimmed) {
                item.uuid = .success(uuid)
            } else {
                item.uuid = .failure(RowError(.csv, "the uuid column holds no device UUID"))
            }
        }
        let beside = Bystanders(
            of: record, beside: [column], others: columns.others, known: try? item.uuid?.get())
        if let mixture = beside.mixture(with: text) {
            return TokenItem(line: record.line, text: .failure(RowError(mixture.code, mixture.message)))
        }
        // Whatever its column is called.
        if let stranger = beside.stranger(to: text) { item.uuid = .success(stranger) }
        return item
    }

    /// The token in a cell: alone, or as the modem's answer.
    private static func token(inCell cell: ArraySlice<UInt8>) -> Result<ArraySlice<UInt8>, RowError> {
        guard ModemLog.mayBeAnswer(cell) else { return .success(cell) }
        switch LineShape(cell) {
        case .answer(let token): return .success(token)
        case .several, .embedded:
            return .failure(RowError(.mixedInput, "expected one token in a cell, found several values"))
        default: return .success(ModemLog.token(in: cell) ?? cell)
        }
    }
}
