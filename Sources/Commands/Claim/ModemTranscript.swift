import Attestation
import Claims
import DeviceIdentity

/// Finds claim rows in the log of a modem: each attestation token, with the IMEI and the UUID that the log has before
/// it.
///
/// A value belongs to the next token, for tools ask for it first; a UUID behind its token is recognised. Outputs of
/// `%KEYGEN` are no rows.
struct ModemTranscript {
    /// How every attestation token begins: the CBOR tag, the array and the message type never differ.
    private static let tokenStart = Array("2dn3hQFQ".utf8)
    private static let tokenMarker = Array("%ATTESTTOKEN:".utf8)
    private static let keyMarker = Array("%KEYGEN:".utf8)

    /// How many outputs of `%KEYGEN` were passed over.
    private(set) var keyOutputs = 0

    private var imei: ClaimRow.Cell?
    private var uuid: ClaimRow.Cell?
    private var lastToken: ArraySlice<UInt8> = []

    /// The row that a line completes; `nil` for every other line.
    mutating func row(_ line: ArraySlice<UInt8>, number: Int) -> ClaimRow? {
        guard let token = Self.token(in: line) else {
            note(line)
            return nil
        }
        lastToken = token
        var row = ClaimRow(line: number, raw: line, token: ClaimRow.Cell(token))
        row.imei = imei
        row.uuid = uuid
        imei = nil
        uuid = nil
        return row
    }

    private static func token(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        if let end = line.end(of: tokenMarker) {
            return ModemLog.token(in: line[(end - tokenMarker.count)...])
        }
        guard let start = line.end(of: tokenStart) else { return nil }
        let run = line[start...].prefix(while: isTokenCharacter)
        return line[(start - tokenStart.count)..<run.endIndex]
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    private mutating func note(_ line: ArraySlice<UInt8>) {
        if line.end(of: Self.keyMarker) != nil { keyOutputs += 1 }
        let text = line.trimmed
        if text.count == 15, text.allSatisfy({ 0x30...0x39 ~= $0 }) {
            imei = ClaimRow.Cell(text)
        } else if let start = line.end(of: Array("+CGSN:".utf8)) ?? line.end(of: Array("imei".utf8)) {
            let digits = line[start...].drop { !(0x30...0x39 ~= $0) }.prefix { 0x30...0x39 ~= $0 }
            if digits.count == 15 { imei = ClaimRow.Cell(digits) }
        } else if let start = line.end(of: Array("uuid".utf8)) {
            noteUUID(line[start...])
        }
    }

    private mutating func noteUUID(_ rest: ArraySlice<UInt8>) {
        func isPart(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66, 0x2d: true
            default: false
            }
        }
        let text = rest.drop { !isPart($0) }.prefix(while: isPart)
        guard text.count == 36, let named = try? DeviceUUID(text: String(decoding: text, as: UTF8.self))
        else {
            return
        }
        if let last = try? AttestationToken(lastToken), last.deviceUUID == named { return }
        uuid = ClaimRow.Cell(text)
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
