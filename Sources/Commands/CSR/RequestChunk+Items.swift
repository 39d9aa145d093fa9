import CSV
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import PKIX

extension RequestChunk {
    /// Calls `body` for each input of the block, in order, until it answers `false`.
    func forEachItem(_ body: (RequestItem) -> Bool) {
        switch content {
        case .der(let der): _ = body(RequestItem(line: 1, content: .der(der)))
        case .text(let chunk, .pem):
            guard disclosesKey else { return Self.blocks(chunk, body) }
            Self.blocks(chunk) { item in
                if case .refused = item.content { return body(item) }
                return body(RequestItem(line: item.line, content: .refused(DisclosedKey.companion)))
            }
        case .text(let chunk, let format): Self.lines(chunk, format, body)
        case .rows(let events, let columns): Self.rows(events, columns, body)
        case .empty:
            _ = body(
                RequestItem(
                    line: 1, content: .malformed(.init(.pem, "expected a request, found an empty file"))))
        case .unreadable: break
        }
    }

    // MARK: PEM

    private static func blocks(_ chunk: LineChunk, _ body: (RequestItem) -> Bool) {
        let bytes = chunk.bytes
        var scanner = PEMScanner()
        var behind = 0
        while true {
            let text: Range<Int>
            let item: RequestItem?
            switch scanner.next(in: bytes, isLast: true) {
            case .block(let block):
                text = block.followsText ? behind..<block.whole.lowerBound : behind..<behind
                behind = block.whole.upperBound
                item = Self.item(block, chunk)
            case .malformed(let error, let range):
                text = behind..<max(behind, range.lowerBound)
                behind = range.upperBound
                item = RequestItem(
                    line: chunk.firstLine + error.line - 1, content: .malformed(.init(.pem, error.reason)))
            case .end(let followsText):
                text = followsText ? behind..<bytes.count : behind..<behind
                item = nil
            case .more: return
            }
            if !text.isEmpty, !outside(bytes, text, chunk.firstLine, body) { return }
            guard let item, body(item) else { return }
        }
    }

    private static func item(_ block: PEMBlock, _ chunk: LineChunk) -> RequestItem {
        let line = chunk.firstLine + block.line - 1
        if DisclosedKey.isKey(label: block.label) {
            return RequestItem(line: line, content: .refused(DisclosedKey.block))
        }
        guard CertificationRequest.pemLabels.contains(block.label) else {
            let message = "expected a PEM block CERTIFICATE REQUEST, found \(block.label)"
            return RequestItem(line: line, content: .malformed(.init(.pem, message)))
        }
        do {
            return RequestItem(line: line, content: .der(try block.decode(in: chunk.bytes)))
        } catch {
            return RequestItem(line: line, content: .malformed(.init(.pem, error.reason)))
        }
    }

    /// Tokens and modem lines between PEM blocks; other text there is a comment.
    private static func outside(
        _ bytes: [UInt8], _ range: Range<Int>, _ firstLine: Int, _ body: (RequestItem) -> Bool
    ) -> Bool {
        var line = firstLine + bytes[..<range.lowerBound].count { $0 == 0x0a }
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: 0x0a) ?? range.upperBound
            let text = bytes[start..<end]
            let trimmed = text.trimmed
            if let token = KeygenText.answer(in: text) ?? (KeygenText.isToken(trimmed) ? trimmed : nil),
                !body(RequestItem(line: line, content: .token(token)))
            {
                return false
            }
            line += 1
            start = end + 1
        }
        return true
    }

    // MARK: Lines

    private static func lines(_ chunk: LineChunk, _ format: RequestFormat, _ body: (RequestItem) -> Bool) {
        var line = chunk.firstLine - 1
        var start = 0
        let bytes = chunk.bytes
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
            line += 1
            defer { start = end + 1 }
            guard let content = content(of: bytes[start..<end], format) else { continue }
            var item = RequestItem(line: line, content: content.0)
            item.expectations = content.1
            guard body(item) else { return }
        }
    }

    private typealias Row = (RequestItem.Content, RequestExpectations)

    /// The input in a line; `nil` for a line without one.
    private static func content(of line: ArraySlice<UInt8>, _ format: RequestFormat) -> Row? {
        let text = line.trimmed
        if text.isEmpty { return nil }
        guard line.count <= LineChunkReader.lineLimit else {
            let message = "expected lines of at most \(LineChunkReader.lineLimit) bytes"
            return (.malformed(.init(format == .jsonLines ? .json : .tokenFormat, message)), .init())
        }
        if format == .jsonLines { return object(text) }
        if let token = KeygenText.answer(in: text) { return (.token(token), .init()) }
        return format == .lines ? (.token(text), .init()) : nil
    }

    /// `{"csr":"-----BEGIN …"}`, `{"token":"…"}`, and the records that assay itself prints.
    private static func object(_ text: ArraySlice<UInt8>) -> Row {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            return (.malformed(.init(.json, error.message)), .init())
        }
        guard value.objectValue != nil else {
            return (.malformed(.init(.json, "expected an object, found \(value.kind)")), .init())
        }
        var expectations = RequestExpectations(imei: value["imei"]?.stringValue)
        if let uuid = (value["deviceUuid"] ?? value["uuid"])?.stringValue {
            guard let device = try? DeviceUUID(text: uuid) else {
                return (
                    .malformed(.init(.json, "the member for the device holds no device UUID")), expectations
                )
            }
            expectations.deviceUUID = device
        }
        if let token = value["token"]?.stringValue { return (.token(Array(token.utf8)[...]), expectations) }
        // A csr member is the PEM itself, or, as assay token prints it, an object that has it.
        let csr = value["csr"]
        guard let pem = (csr?.stringValue ?? csr?["pem"]?.stringValue ?? value["pem"]?.stringValue) else {
            return (.malformed(.init(.json, "expected a member csr or token, found neither")), expectations)
        }
        return (request(pem), expectations)
    }

    /// The one request in a PEM text.
    private static func request(_ pem: String) -> RequestItem.Content {
        let bytes = Array(pem.utf8)
        do {
            return .der(try PEMDocument(bytes).single("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"))
        } catch {
            return DisclosedKey.isIn(bytes)
                ? .refused(DisclosedKey.companion) : .malformed(error.checkFailure)
        }
    }

    // MARK: CSV

    private static func rows(
        _ events: [CSVReader.Event], _ columns: RequestColumns, _ body: (RequestItem) -> Bool
    ) {
        for event in events {
            switch event {
            case .record(let record):
                let (content, expectations) = row(record, columns)
                guard body(RequestItem(line: record.line, content: content, expectations: expectations))
                else {
                    return
                }
            case .malformed(let error):
                let failure = CheckFailure(.csv, error.message)
                guard body(RequestItem(line: error.recordLine, content: .malformed(failure))) else { return }
            }
        }
    }

    private static func row(_ record: CSVRecord, _ columns: RequestColumns) -> Row {
        func field(_ column: Int?) -> String? {
            column.flatMap { record[$0] }.flatMap { $0.bytes.isEmpty ? nil : $0.text }
        }
        var expectations = RequestExpectations(imei: field(columns.imei))
        if let uuid = field(columns.uuid) {
            guard let device = try? DeviceUUID(text: uuid) else {
                return (.malformed(.init(.csv, "the uuid column holds no device UUID")), expectations)
            }
            expectations.deviceUUID = device
        }
        if let token = field(columns.token) {
            return (.token(Array(token.utf8)[...].trimmed), expectations)
        }
        if let pem = field(columns.csr) { return (request(pem), expectations) }
        return (
            .malformed(
                .init(.csv, "expected a request or a token, found \(record.count) columns without one")),
            expectations
        )
    }
}
