import Attestation
import CSV
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import OpenSSL
import PKIX

extension RequestChunk: ItemChunk {
    var refusal: ModemRefusal? {
        if case .text(let lines, _) = content { ModemRefusal(in: lines) } else { nil }
    }

    func forEachItem(_ body: (RequestItem) -> Bool) {
        switch content {
        case .der(let der): _ = body(RequestItem(line: 1, content: .der(der)))
        case .text(let chunk, let format) where format.takesBlocks:
            guard disclosesKey else { return blocks(chunk, format, body) }
            blocks(chunk, format) { item in
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

    private func blocks(_ chunk: LineChunk, _ format: RequestFormat, _ body: (RequestItem) -> Bool) {
        let bytes = chunk.bytes
        var scanner = PEMScanner()
        var after = 0
        // Where a block without armour ended: its END line may follow.
        var bareEnd: Int? = followsBare ? 0 : nil
        while true {
            var text: Range<Int>
            var item: RequestItem?
            // The lines of a block that has no end: inputs among them are not swallowed.
            var rest = bytes.count..<bytes.count
            switch scanner.next(in: bytes, isLast: true) {
            case .block(let block):
                text = block.followsText ? after..<block.whole.lowerBound : after..<after
                after = block.whole.upperBound
                item = Self.item(block, chunk)
                if item?.isRequest == false, let input = PEMInterruption.first(in: bytes, block.body) {
                    rest = input..<block.whole.upperBound
                    item = item?.withoutEnd(chunk.firstLine + block.line - 1)
                }
            case .malformed(let error, let range):
                text = after..<max(after, range.lowerBound)
                after = range.upperBound
                if !text.isEmpty, !outside(bytes, text, chunk.firstLine, format, &bareEnd, body) { return }
                text = after..<after
                // The END line of a block whose BEGIN line is none.
                if PEMDamage.isArmour(bytes[range]), text.isEmpty, bareEnd == range.lowerBound {
                    continue
                }
                item = RequestItem(
                    line: chunk.firstLine + error.line - 1, content: .malformed(.init(.pem, error.reason)))
                if let input = PEMInterruption.first(in: bytes, range) {
                    rest = input..<range.upperBound
                    let feeds = bytes[..<range.lowerBound].count { $0 == 0x0a }
                    item = item?.withoutEnd(chunk.firstLine + feeds)
                }
            case .end(let followsText):
                text = followsText ? after..<bytes.count : after..<after
            case .more: return
            }
            if !text.isEmpty, !outside(bytes, text, chunk.firstLine, format, &bareEnd, body) { return }
            guard let item, body(item) else { return }
            if !rest.isEmpty, !outside(bytes, rest, chunk.firstLine, format, &bareEnd, body) { return }
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

    /// Tokens, answers and objects between PEM blocks; other lines are passed over.
    private func outside(
        _ bytes: [UInt8], _ range: Range<Int>, _ firstLine: Int, _ format: RequestFormat,
        _ bareEnd: inout Int?, _ body: (RequestItem) -> Bool
    ) -> Bool {
        var line = firstLine + bytes[..<range.lowerBound].count { $0 == 0x0a }
        var start = range.lowerBound
        var skipped = 0
        // The rest of an answer that the terminal wrapped has been told with its first line.
        var isCut = false
        defer { passedOver?.add(lines: skipped) }
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: 0x0a) ?? range.upperBound
            let text = bytes[start..<end]
            if isCut, LineShape.continuesAnswer(text) {
                isCut = !LineShape.endsAnswer(text)
                skipped += 1
                line += 1
                start = end + 1
                continue
            }
            isCut = ModemLog.mayBeAnswer(text) && LineShape(text) == .cutAnswer
            if PEMDamage.isArmour(text), bareEnd == start || Self.isBeforeBare(bytes, text) {
                line += 1
                start = end + 1
                continue
            }
            if let bare = Self.bareBlock(bytes, start..<range.upperBound) {
                guard body(RequestItem(line: line, content: bare.content)) else { return false }
                line += bytes[start..<bare.end].count { $0 == 0x0a }
                start = bare.end
                bareEnd = bare.end
                continue
            }
            if let (content, expectations) = Self.content(of: text, format) {
                guard body(RequestItem(line: line, content: content, expectations: expectations)) else {
                    return false
                }
            } else if !text.allSatisfy(\.isBlank) {
                skipped += 1
            }
            line += 1
            start = end + 1
        }
        return true
    }

    /// Whether a line is all that is damaged of a block: a BEGIN line but for its dashes or blanks, before the base64.
    private static func isBeforeBare(_ bytes: [UInt8], _ line: ArraySlice<UInt8>) -> Bool {
        guard PEMDamage.isBegin(line) else { return false }
        let next = bytes[min(line.endIndex + 1, bytes.count)...].prefix { $0 != 0x0a }
        return BareBlock.isBegun(by: next)
    }

    /// A request in base64 without armour that begins here, and where the next line does; nil where there is none.
    private static func bareBlock(_ bytes: [UInt8], _ range: Range<Int>) -> (
        content: RequestItem.Content, end: Int
    )? {
        var text: [UInt8] = []
        var length = 0
        var start = range.lowerBound
        while start < range.upperBound {
            let feed = bytes[start..<range.upperBound].firstIndex(of: 0x0a) ?? range.upperBound
            let line = bytes[start..<feed].trimmed
            if text.isEmpty {
                guard let expected = BareBlock.length(beginningWith: line) else { return nil }
                length = expected
            } else if !BareBlock.isBase64(line) {
                break
            }
            text += line
            start = min(feed + 1, range.upperBound)
            if text.count >= length { break }
        }
        guard text.count == length, let der = try? Base64.decodeStandard(text[...]) else {
            let failure = CheckFailure(
                .pem,
                "expected a request in base64 of \(length) characters, as it says itself, found \(text.count)"
            )
            return (.malformed(failure), start)
        }
        return (.der(der), start)
    }

    // MARK: Lines

    private static func lines(_ chunk: LineChunk, _ format: RequestFormat, _ body: (RequestItem) -> Bool) {
        chunk.forEachLine { text, line in
            guard let (content, expectations) = content(of: text, format) else { return true }
            return body(RequestItem(line: line, content: content, expectations: expectations))
        }
    }

    typealias Row = (RequestItem.Content, RequestExpectations)

    /// The input in a line; `nil` for a line without one.
    private static func content(of line: ArraySlice<UInt8>, _ format: RequestFormat) -> Row? {
        let text = line.trimmed
        if text.isEmpty { return nil }
        guard line.count <= LineChunkReader.lineLimit else {
            return refused(
                format == .jsonLines ? .json : .tokenFormat,
                "expected lines of at most \(LineChunkReader.lineLimit) bytes")
        }
        if format == .jsonLines || text.first == UInt8(ascii: "{") { return RequestFields.row(object: text) }
        if format == .lines, !ModemLog.mayBeAnswer(text) { return (.token(text.unquoted), .init()) }
        // A word alone is no answer and begins no block; to ask for the shape of each token would cost time.
        if format == .list, Octets.firstIndex(of: 0x20, in: text) == nil {
            return (.token(text.unquoted), .init())
        }
        switch LineShape(text) {
        case .answer(let token):
            if ModemLog.value(of: Array("%CLAIMTOKEN:".utf8), in: text) != nil { return nil }
            // Other answers of a modem are no requests.
            if KeygenText.answer(in: text) != nil { return (.token(token), .init()) }
            return format == .text ? nil : (.token(format == .lines ? text : token), .init())
        case .token(let token): return (.token(token), .init())
        case .cutAnswer: return refused(.tokenFormat, LineShape.cutAnswerReason)
        case .several: return refused(.mixedInput, LineShape.severalReason)
        case .embedded:
            return refused(
                .mixedInput,
                "expected a token alone or a modem's answer, found one in a row, which may say whose it "
                    + "is (--format csv reads rows)")
        case .blank: return nil
        case .pemBegin, .noise:
            if format == .lines { return (.token(text), .init()) }
            if TextBetweenBlocks.holdsBegin(text) {
                return refused(.pem, TextBetweenBlocks.reason(of: text))
            }
            if BareBlock.isBegun(by: text) {
                return refused(
                    .pem, "expected a request in base64, found DER that is longer than any request")
            }
            // What is left of a block that an input interrupted.
            if text.starts(with: Array("-----END ".utf8)) {
                return refused(.pem, "END line without a BEGIN line")
            }
            switch format {
            case .list: return (.token(text), .init())
            case .objects: return RequestFields.row(object: text)
            default: return nil
            }
        }
    }

    static func refused(_ code: ErrorCode, _ message: String) -> Row {
        (.malformed(CheckFailure(code, message)), .init())
    }

    // MARK: CSV

    private static func rows(
        _ events: [CSVReader.Event], _ columns: ColumnPlaces, _ body: (RequestItem) -> Bool
    ) {
        for event in events {
            switch event {
            case .record(let record):
                let (content, expectations) = RequestFields.row(record, columns)
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
}
