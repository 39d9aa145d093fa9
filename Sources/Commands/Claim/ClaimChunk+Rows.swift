import Attestation
import CSV
import Claims
import Diagnostics
import InputOutput
import Intake
import OpenSSL

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
                case .record(let record):
                    let row = layout.row(record)
                    body(.row(otherwise(row) ?? row.held(against: record, layout)))
                case .malformed(let error, let raw):
                    let row = layout.row(error, raw: raw)
                    body(.row(otherwise(row) ?? row))
                case .rest(let bytes): body(.rest(bytes))
                }
            }
        case .lines(let chunk, let format):
            chunk.forEachLine { line, number in
                if let row = row(line, number, format) { body(.row(row)) }
                return true
            }
        case .found(let rows): for row in rows { body(.row(row)) }
        case .rest(let bytes): body(.rest(bytes))
        case .unreadable: break
        }
    }

    private func row(_ line: ArraySlice<UInt8>, _ number: Int, _ format: ClaimFormat) -> ClaimRow? {
        let text = line.trimmed
        if text.isEmpty { return nil }
        if line.count > LineChunkReader.lineLimit {
            return ClaimRow(tooLong: line, number, format == .jsonLines ? .json : .tokenFormat)
        }
        if isGuessed, let row = ClaimRow(line: number, shapeOf: line, amid: format) { return row }
        if format == .jsonLines { return ClaimRow(line: number, json: line).held(againstJSON: line) }
        if ModemLog.mayBeAnswer(line), [.several, .embedded].contains(LineShape(line)) {
            return ClaimRow(mixed: line, number)
        }
        // The bodies that the service takes have a token in quotation marks on each line.
        let token = ModemLog.token(in: text) ?? (isGuessed ? text.unquoted : text)
        return ClaimRow(line: number, raw: line, token: ClaimRow.Cell(token))
    }

    /// What a row is that cannot be read as one, by the shape of its line.
    private func otherwise(_ row: ClaimRow) -> ClaimRow? {
        guard isGuessed, row.finding != nil, !row.raw.dropLast().contains(0x0a) else { return nil }
        return ClaimRow(line: row.line, shapeOf: row.raw, amid: .csv)
    }
}

extension ClaimRow {
    /// The row in a line that is written otherwise than the lines around it; nil for one that is not, and for one
    /// without the shape of an input.
    init?(line number: Int, shapeOf line: ArraySlice<UInt8>, amid format: ClaimFormat) {
        let text = line.trimmed
        if text.first == UInt8(ascii: "{") {
            if format == .jsonLines { return nil }
            self = ClaimRow(line: number, json: line).held(againstJSON: line)
            return
        }
        // Of a list each line would be asked for its shape otherwise.
        if format == .lines, Octets.firstIndex(of: UInt8(ascii: ","), in: text) == nil { return nil }
        switch LineShape(text) {
        case .answer(let token):
            if format == .lines { return nil }
            self.init(line: number, raw: line, token: Cell(token))
        case .token(let token):
            // One with more on its line is a row, and its tags, after a semicolon for example, are not to be lost.
            if format == .lines || text.unquoted.count != token.count { return nil }
            self.init(line: number, raw: line, token: Cell(token))
        case .embedded:
            guard format != .csv, case .record(let record)? = CSVReader.events(in: Array(text)).first
            else { return nil }
            let layout = ClaimLayout.inferred(from: record)
            let row = layout.row(record).held(against: record, layout)
            self.init(line: number, raw: line, token: row.token, finding: row.finding)
            (imei, uuid, time, tags) = (row.imei, row.uuid, row.time, row.tags)
        case .several: self.init(mixed: line, number)
        case .blank, .noise, .pemBegin, .cutAnswer: return nil
        }
    }

    /// A line with several tokens, or with one in JSON or beside a UUID.
    init(mixed line: ArraySlice<UInt8>, _ number: Int) {
        self.init(
            line: number, raw: line,
            finding: ClaimFinding(
                .malformed, .mixedInput, "expected one token alone on the line, found it among other values",
                hint: "say with --format how the file is written"))
    }

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
