import Attestation
import CSV
import Claims
import Diagnostics
import InputOutput

/// A block of claim rows from one source.
struct ClaimChunk: Sendable {
    enum Content: Sendable {
        case rows([CSVFile.Item], ClaimLayout)
        case lines(LineChunk, ClaimFormat)
        case found([ClaimRow])
        /// More bytes of the row in front, which is too long to be had in one piece.
        case rest([UInt8])
        /// The source could not be read.
        case unreadable(ToolError)
    }

    /// The number of the source, from 0.
    let source: Int
    let content: Content
    let shape: RejectShape
}

/// What the rows of a source look like: rows of one file of rejects have one shape, or a header between them.
struct RejectShape: Sendable, Equatable {
    let format: ClaimFormat
    /// The header as written; nil for a file without one.
    var header: [UInt8]?
    /// Whether rows are `token` or `token,tags`, for which no header can be written.
    var isBody = false
}

/// The inputs of a claim command as a stream of blocks; memory does not grow with the number of rows.
struct ClaimStream {
    private static let chunkSize = 32_768
    /// How far `auto` looks.
    private static let headSize = 65_536

    /// What reports call the sources; a token that is an argument of its own is not told.
    let names: [String]
    private let sources: [SourceArgument]
    private let format: ClaimFormat?
    private let keepsRests: Bool
    private var nextSource = 0
    private var current: Open?
    /// Outputs of `%KEYGEN` in modem logs, which are no rows.
    private(set) var keyOutputs = 0

    private enum Open {
        case lines(LineChunkReader, ClaimFormat)
        case log(LineChunkReader, ModemTranscript)
        case csv(ClaimTable)
    }

    /// - Parameter keepsRests: whether somebody wants the whole of lines that are too long.
    init(_ names: [String], format: ClaimFormat?, keepsRests: Bool) {
        sources = names.enumerated().map { SourceArgument.resolve($1, position: $0 + 1) }
        self.names = sources.map { source in
            switch source {
            case .file(let path): path.withheld
            case .text: "argument"
            }
        }
        self.format = format
        self.keepsRests = keepsRests
    }

    /// The next block, or `nil` at the end of the last source.
    mutating func next() -> ClaimChunk? {
        while true {
            if current == nil {
                guard nextSource < names.count else { return nil }
                nextSource += 1
            }
            do {
                if current == nil { current = try open(sources[nextSource - 1]) }
                if let chunk = try advance() { return chunk }
                current = nil
            } catch {
                current = nil
                return chunk(.unreadable(error), RejectShape(format: format ?? .csv))
            }
        }
    }

    private func chunk(_ content: ClaimChunk.Content, _ shape: RejectShape) -> ClaimChunk {
        ClaimChunk(source: nextSource - 1, content: content, shape: shape)
    }

    private func open(_ argument: SourceArgument) throws(ToolError) -> Open {
        switch argument {
        case .file(let path): return try open(path)
        case .text(let text, _):
            // All there is comes before the end of an empty file.
            let reader = LineChunkReader(
                try ByteSource(path: "/dev/null"), target: Self.chunkSize, head: Array(text.utf8),
                keepsRests: keepsRests)
            return .lines(reader, .lines)
        }
    }

    private func open(_ path: String) throws(ToolError) -> Open {
        let source = try ByteSource(path: path)
        var head: [UInt8] = []
        while head.count < Self.headSize, try source.read(into: &head, limit: Self.headSize) > 0 {}
        if head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff]) {
            throw ToolError(
                .csv, "expected UTF-8, found UTF-16", context: [.init("file", path.escapedForTerminal)],
                hint: "save the file as CSV in UTF-8")
        }
        let hasMark = head.starts(with: [0xef, 0xbb, 0xbf])
        let format = format ?? ClaimFormat.detect(head.dropFirst(hasMark ? 3 : 0))
        if format == .csv {
            return .csv(ClaimTable(CSVFile(source, head: head, keepsMalformed: true)))
        }
        if hasMark { head.removeFirst(3) }
        let reader = LineChunkReader(source, target: Self.chunkSize, head: head, keepsRests: keepsRests)
        return format == .modemLog ? .log(reader, ModemTranscript()) : .lines(reader, format)
    }

    private mutating func advance() throws(ToolError) -> ClaimChunk? {
        switch current {
        case .lines(var reader, let format):
            let lines = try reader.next()
            current = .lines(reader, format)
            return lines.map {
                chunk($0.isRest ? .rest($0.bytes) : .lines($0, format), RejectShape(format: format))
            }
        case .log(var reader, var transcript):
            let before = transcript.keyOutputs
            let lines = try reader.next()
            var rows: [ClaimRow] = []
            if let lines, !lines.isRest {
                lines.forEachLine { line, number in
                    rows += transcript.rows(line, number: number)
                    return true
                }
            }
            keyOutputs += transcript.keyOutputs - before
            current = .log(reader, transcript)
            return lines.map {
                chunk($0.isRest ? .rest($0.bytes) : .found(rows), RejectShape(format: .modemLog))
            }
        case .csv(let table):
            guard let block = try table.next() else { return nil }
            let isBody = block.header == nil && block.layout == .body
            return chunk(
                .rows(block.items, block.layout),
                RejectShape(format: .csv, header: block.header, isBody: isBody))
        case nil: return nil
        }
    }
}

/// The records of a CSV file in blocks under one layout each.
private final class ClaimTable {
    private static let rowsPerBlock = 128

    private let file: CSVFile
    private var layout: ClaimLayout?
    private var header: [UInt8]?
    private var held: CSVFile.Item?

    init(_ file: CSVFile) { self.file = file }

    /// The next records, headers left out; `nil` at the end. A header in the middle, as `cat` leaves them, ends a block
    /// and counts from there on.
    func next() throws(ToolError) -> (items: [CSVFile.Item], layout: ClaimLayout, header: [UInt8]?)? {
        var items: [CSVFile.Item] = []
        while items.count < Self.rowsPerBlock, let item = try take() {
            guard case .record(let record) = item else {
                items.append(item)
                // Pieces are large; a block of many would cost memory for every core.
                if case .rest = item { break }
                continue
            }
            if let named = ClaimLayout(header: record, isFirst: layout == nil) {
                if !items.isEmpty {
                    held = item
                    break
                }
                layout = named
                header = record.raw
                // Nobody could tell which row is missing if the line that spoils all were not reported.
                if named.isUnusable { items.append(item) }
                continue
            }
            if layout == nil { layout = .inferred(from: record) }
            items.append(item)
        }
        return items.isEmpty ? nil : (items, layout ?? .utilities, header)
    }

    private func take() throws(ToolError) -> CSVFile.Item? {
        guard let item = held else { return try file.nextItem() }
        held = nil
        return item
    }
}

extension ClaimChunk {
    /// One row, or bytes of a row that was too long to keep.
    enum Part {
        case row(ClaimRow)
        case rest([UInt8])
    }

    /// Calls `body` for each row of the block, in order.
    func forEachPart(_ body: (Part) -> Void) {
        switch content {
        case .rows(let items, let layout):
            for item in items {
                switch item {
                case .record(let record): body(.row(layout.row(record)))
                case .malformed(let error, let raw): body(.row(layout.row(error, raw: raw)))
                case .rest(let bytes): body(.rest(bytes))
                }
            }
        case .lines(let chunk, let format):
            chunk.forEachLine { line, number in
                if let row = Self.row(line, number, format) { body(.row(row)) }
                return true
            }
        case .found(let rows): for row in rows { body(.row(row)) }
        case .rest(let bytes): body(.rest(bytes))
        case .unreadable: break
        }
    }

    private static func row(_ line: ArraySlice<UInt8>, _ number: Int, _ format: ClaimFormat) -> ClaimRow? {
        let text = line.trimmed
        if text.isEmpty { return nil }
        if line.count > LineChunkReader.lineLimit {
            return ClaimRow(tooLong: line, number, format == .jsonLines ? .json : .tokenFormat)
        }
        if format == .jsonLines { return ClaimRow(line: number, json: line) }
        if let feed = text.firstIndex(of: 0x0d) {
            return ClaimRow(
                line: number, raw: line,
                finding: ClaimFinding(
                    .malformed, .tokenFormat,
                    "expected a line feed behind a carriage return, found none "
                        + "(character \(feed - line.startIndex + 1))",
                    hint: "save the file with LF or CRLF line ends"))
        }
        return ClaimRow(line: number, raw: line, token: ClaimRow.Cell(ModemLog.token(in: text) ?? text))
    }
}

extension ClaimRow {
    /// A line that is longer than a line may be.
    init(tooLong line: ArraySlice<UInt8>, _ number: Int, _ code: ErrorCode) {
        self.init(
            line: number, raw: line,
            finding: ClaimFinding(
                .malformed, code,
                "expected lines of at most \(LineChunkReader.lineLimit) bytes, found a longer one",
                hint: "look for line ends that were lost"))
    }
}
