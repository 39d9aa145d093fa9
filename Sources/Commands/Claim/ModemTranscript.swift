import Attestation
import Claims
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// Finds claim rows in the log of a modem: each attestation token, with the IMEI and the UUID that the log has before
/// it or on its line.
///
/// A value belongs to the next token, for tools ask for it first; a UUID after its token is recognised. Carriage
/// returns end lines here too, as terminals write them. Outputs of `%KEYGEN` are no rows.
struct ModemTranscript {
    /// How every attestation token begins: the CBOR tag, the array and the message type never differ.
    private static let tokenStart = Array("2dn3hQFQ".utf8)
    private static let tokenMarker = Array("%ATTESTTOKEN:".utf8)
    private static let keyMarker = Array("%KEYGEN:".utf8)
    /// Before "UUID" these name the firmware of the modem (`%XMODEMUUID`), not the device.
    private static let firmwareWords = ["modem", "firmware", "fw"].map { Array($0.utf8) }

    /// A value that waits for its token.
    private struct Note {
        let cell: ClaimRow.Cell
        /// Its line, for the rejects, and the number of that line.
        let line: ArraySlice<UInt8>
        let number: Int
    }

    /// How many outputs of `%KEYGEN` were passed over.
    private(set) var keyOutputs = 0

    private var imei: Note?
    private var uuid: Note?
    /// The device of the token that came last.
    private var lastDevice: DeviceUUID?
    /// How many lines there were, those that end in a carriage return counted.
    private var lineCount = 0

    /// The rows that a line completes: none, one, or several.
    mutating func rows(_ line: ArraySlice<UInt8>, number: Int) -> [ClaimRow] {
        // The beginning of a line that was cut does not tell what is in the rest.
        guard line.count <= LineChunkReader.lineLimit else {
            return [ClaimRow(tooLong: line, number, .tokenFormat)]
        }
        return line.split(separator: 0x0d).flatMap { take($0, number) }
    }

    private mutating func take(_ line: ArraySlice<UInt8>, _ number: Int) -> [ClaimRow] {
        lineCount += 1
        var tokens: [ArraySlice<UInt8>] = []
        var rest = line
        while let token = Self.token(in: rest) {
            tokens.append(token)
            rest = rest[token.endIndex...]
        }
        guard !tokens.isEmpty else {
            note(line, of: line)
            return other(line, number)
        }
        var start = line.startIndex
        return tokens.enumerated().map { index, token in
            let end = index == tokens.count - 1 ? line.endIndex : token.endIndex
            defer { start = end }
            note(line[token.endIndex..<end], of: line)
            note(line[start..<token.startIndex], of: line)
            return row(token, number, raw: line[start..<end])
        }
    }

    /// What has the shape of a token and not its beginning is a row too, and so is what stands in JSON.
    private mutating func other(_ line: ArraySlice<UInt8>, _ number: Int) -> [ClaimRow] {
        switch LineShape(line) {
        case .answer, .cutAnswer, .blank, .noise, .pemBegin: []
        case .token(let token): [row(token, number, raw: line)]
        case .several, .embedded: [ClaimRow(mixed: line, number)]
        }
    }

    private mutating func row(
        _ token: ArraySlice<UInt8>, _ number: Int, raw: ArraySlice<UInt8>
    ) -> ClaimRow {
        var row = ClaimRow(line: number, raw: withNotes(raw), token: ClaimRow.Cell(token))
        row.imei = imei?.cell
        let decoded = try? AttestationToken(token)
        // Logs show the UUID of the modem firmware as well, which is in the token.
        if let uuid, DeviceUUID(text: uuid.cell.bytes) != decoded?.firmwareUUID { row.uuid = uuid.cell }
        imei = nil
        uuid = nil
        lastDevice = decoded?.deviceUUID
        return row
    }

    /// The lines that the row's values stand on, before its own: without them the rejects would say less.
    private func withNotes(_ raw: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var lines: [Int: ArraySlice<UInt8>] = [:]
        for note in [imei, uuid].compactMap({ $0 }) where note.number != lineCount {
            lines[note.number] = note.line
        }
        if lines.isEmpty { return raw }
        let notes = lines.sorted { $0.key < $1.key }.flatMap { $0.value + [0x0a] }
        return (notes + raw)[...]
    }

    private static func token(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        // One pass: a line may hold thousands.
        for position in line.indices {
            let rest = line[position...]
            if rest.first == tokenMarker.first, rest.starts(with: tokenMarker) {
                return ModemLog.token(in: rest)
            }
            if rest.first == tokenStart.first, rest.starts(with: tokenStart) {
                return rest.prefix(while: isTokenCharacter)
            }
        }
        return nil
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    // MARK: IMEI and UUID

    private mutating func note(_ text: ArraySlice<UInt8>, of line: ArraySlice<UInt8>) {
        func note(_ value: ArraySlice<UInt8>) -> Note {
            Note(cell: ClaimRow.Cell(value), line: line, number: lineCount)
        }
        if text.end(of: Self.keyMarker) != nil { keyOutputs += 1 }
        if let digits = Self.imei(in: text) { imei = note(digits) }
        if let value = Self.uuid(in: text), lastDevice == nil || DeviceUUID(text: value) != lastDevice {
            uuid = note(value)
        }
    }

    /// 15 digits alone on a line, after a word for them, or before a UUID as in the utilities' rows.
    private static func imei(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
        let whole = text.trimmed
        if whole.count == 15, whole.allSatisfy(isDigit) { return whole }
        if let start = text.end(of: Array("+CGSN:".utf8)) ?? text.end(of: Array("imei".utf8)) {
            let digits = text[start...].drop { !isDigit($0) }.prefix(while: isDigit)
            return digits.count == 15 ? digits : nil
        }
        guard let columns = columns(text) else { return nil }
        let digits = columns.imei.suffix(15)
        return digits.count == 15 && digits.allSatisfy(isDigit) ? digits : nil
    }

    private static func uuid(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        func isPart(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66, 0x2d: true
            default: false
            }
        }
        var rest = text
        let word = Array("uuid".utf8)
        while let start = rest.end(of: word) {
            var name = rest[..<(start - word.count)]
            while let last = name.last, " \t_-".utf8.contains(last) { name.removeLast() }
            rest = rest[start...]
            if firmwareWords.contains(where: { name.suffix($0.count).end(of: $0) != nil }) { continue }
            let value = rest.drop { !isPart($0) }.prefix(while: isPart)
            if DeviceUUID(text: value) != nil { return value }
        }
        return columns(text)?.uuid
    }

    /// `…imei,uuid,` as it stands before a token where a tool logged its row.
    private static func columns(
        _ text: ArraySlice<UInt8>
    ) -> (imei: ArraySlice<UInt8>, uuid: ArraySlice<UInt8>)? {
        guard text.last == UInt8(ascii: ",") else { return nil }
        let cells = text.dropLast().split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard cells.count > 1, let uuid = cells.last, DeviceUUID(text: uuid) != nil else { return nil }
        return (cells[cells.count - 2], uuid)
    }
}

extension ArraySlice<UInt8> {
    /// Where the first occurrence of `pattern` ends; a pattern in lower case matches letters in either case.
    func end(of pattern: [UInt8]) -> Int? {
        guard let first = pattern.first else { return nil }
        let ignoresCase = 0x61...0x7a ~= first
        func same(_ byte: UInt8, _ wanted: UInt8) -> Bool {
            byte == wanted || (ignoresCase && 0x41...0x5a ~= byte && byte | 0x20 == wanted)
        }
        guard count >= pattern.count else { return nil }
        var position = startIndex
        let last = endIndex - pattern.count
        while position <= last {
            if same(self[position], first),
                zip(self[position...], pattern).allSatisfy({ same($0, $1) })
            {
                return position + pattern.count
            }
            position += 1
        }
        return nil
    }
}
