import Attestation
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput

/// A block of inputs from one source.
struct TokenChunk: Sendable {
    enum Content: Sendable {
        case lines(LineChunk, TokenFormat)
        /// One token, from the command line.
        case text(LineChunk)
        /// Rows of an attestation CSV with the places of its columns.
        case rows([CSVReader.Event], TokenColumns)
        /// The source could not be read.
        case unreadable(ToolError)
    }

    let source: String
    let content: Content
}

/// Which columns of a token CSV mean what.
struct TokenColumns: Sendable, Equatable {
    let token: Int
    let uuid: Int?

    /// `imei,uuid,token,time`: the file that the nRF Cloud utilities write, without a header.
    static let standard = TokenColumns(token: 2, uuid: 1)

    /// The columns that a header names, or `nil` when the record is no header.
    init?(header: CSVRecord) {
        let names = header.fields.map { $0.text.lowercased() }
        guard let token = names.firstIndex(of: "token") ?? names.firstIndex(of: "attestationtoken") else {
            return nil
        }
        self.init(token: token, uuid: names.firstIndex(of: "uuid") ?? names.firstIndex(of: "deviceid"))
    }

    init(token: Int, uuid: Int?) {
        self.token = token
        self.uuid = uuid
    }
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

    init(_ code: ErrorCode, _ message: String) { failure = CheckFailure(code, message) }
}

extension TokenChunk {
    /// Calls `body` for each input of the block, in order.
    func forEachItem(_ body: (TokenItem) -> Bool) {
        switch content {
        case .lines(let chunk, let format): Self.lines(chunk, format, body)
        case .text(let chunk):
            let text = chunk.bytes[...]
            let token = ModemLog.token(in: text) ?? text.trimmed
            _ = body(TokenItem(line: chunk.firstLine, text: .success(token)))
        case .rows(let events, let columns): Self.rows(events, columns, body)
        case .unreadable: break
        }
    }

    private static func lines(_ chunk: LineChunk, _ format: TokenFormat, _ body: (TokenItem) -> Bool) {
        chunk.forEachLine { text, line in
            if text.count > LineChunkReader.lineLimit {
                let error = RowError(
                    .tokenFormat, "expected lines of at most \(LineChunkReader.lineLimit) bytes")
                return body(TokenItem(line: line, text: .failure(error)))
            }
            // A modem's own line is understood in a file of plain lines too.
            guard let token = ModemLog.token(in: text) ?? (format == .lines ? text.trimmed : nil) else {
                return true
            }
            if format == .lines, token.isEmpty { return true }
            return body(TokenItem(line: line, text: .success(token)))
        }
    }

    private static func rows(
        _ events: [CSVReader.Event], _ columns: TokenColumns, _ body: (TokenItem) -> Bool
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

    private static func item(_ record: CSVRecord, _ columns: TokenColumns) -> TokenItem {
        guard let token = record[columns.token] else {
            let message = "expected a token in column \(columns.token + 1), found \(record.count) columns"
            return TokenItem(line: record.line, text: .failure(RowError(.csv, message)))
        }
        var item = TokenItem(line: record.line, text: .success(token.bytes.trimmed))
        if let field = columns.uuid.flatMap({ record[$0] }), !field.bytes.isEmpty {
            if let uuid = try? DeviceUUID(text: field.text) {
                item.uuid = .success(uuid)
            } else {
                item.uuid = .failure(RowError(.csv, "the uuid column holds no device UUID"))
            }
        }
        return item
    }
}
