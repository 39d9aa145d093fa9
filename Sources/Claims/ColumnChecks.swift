import DeviceIdentity
import Diagnostics

/// The forms of the columns beside the token, with the damage that spreadsheets do called by its name.
enum ColumnChecks {
    private typealias Damage = (found: String, hint: String)

    private static let readAgain =
        "read the IMEI from the device again, and keep the file out of spreadsheets"
    private static let asText = "format the column as text before the file is opened in a spreadsheet"

    /// What is wrong with an IMEI; nil for none given and for `None`, which the utilities write where the modem gave
    /// none.
    static func imei(_ text: ArraySlice<UInt8>) -> ClaimFinding? {
        if text.isEmpty || text.elementsEqual("None".utf8) { return nil }
        if IMEI.isValid(text) { return nil }
        let damage = digitDamage(text) ?? numberDamage(text) ?? (text.excerpt, readAgain)
        return ClaimFinding(
            .csv, "expected an IMEI of 15 digits with its check digit, found \(damage.found)",
            field: .imei, hint: .text(damage.hint))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    /// Digits only, but not the right ones.
    private static func digitDamage(_ text: ArraySlice<UInt8>) -> Damage? {
        guard text.allSatisfy(isDigit) else { return nil }
        switch text.count {
        case 15:
            let check = (0...9).first { IMEI.isValid(text.dropLast() + [0x30 + $0]) } ?? 0
            let found = String(decoding: text.suffix(1), as: UTF8.self)
            // A spreadsheet that showed 3.55026E+14 writes 355026000000000 when the cell is formatted anew.
            if text.suffix(6).allSatisfy({ $0 == 0x30 }) {
                return ("a number that was rounded, as spreadsheets do; its last digits are lost", readAgain)
            }
            return ("check digit \(found) where \(check) is right", "a digit is wrong; " + readAgain)
        case 16: return ("16 digits, as an IMEISV has", "use the IMEI (AT+CGSN=1), not the IMEISV")
        // An IMEI begins with two zeros at most.
        case 13...14:
            let padded = String(
                decoding: Array(repeating: 0x30, count: 15 - text.count) + text, as: UTF8.self)
            if IMEI(text: padded) != nil {
                return (
                    "\(text.count) digits: leading zeros were lost, as spreadsheets do",
                    "write it as \(padded); " + asText
                )
            }
            return ("\(text.count) digits", readAgain)
        default: return ("\(text.count) \(text.count == 1 ? "digit" : "digits")", readAgain)
        }
    }

    /// A number as a spreadsheet shows or guards it.
    private static func numberDamage(_ text: ArraySlice<UInt8>) -> Damage? {
        guard let first = text.first else { return nil }
        let isNumeric = text.allSatisfy { isDigit($0) || [0x2b, 0x2c, 0x2e, 0x45, 0x65].contains($0) }
        if isNumeric, isDigit(first), text.contains(where: { $0 == 0x45 || $0 == 0x65 }) {
            return (
                "\(text.excerpt), a spreadsheet's short form of a long number; its last digits are lost",
                readAgain
            )
        }
        if first == UInt8(ascii: "'") || first == UInt8(ascii: "=") {
            return ("\(text.excerpt), text guarded for a spreadsheet", "remove what stands around the digits")
        }
        let separators = text.filter { !isDigit($0) }
        guard !separators.isEmpty, text.contains(where: isDigit),
            separators.allSatisfy({ [0x20, 0x27, 0x2c, 0x2d, 0x2e].contains($0) })
        else { return nil }
        if separators.count == 1, let point = text.firstIndex(where: { !isDigit($0) }),
            text[(point + 1)...].allSatisfy({ $0 == 0x30 })
        {
            return (
                "\(text.excerpt), a number with decimals, as spreadsheets write it",
                "remove the decimals; " + asText
            )
        }
        return ("\(text.excerpt), digits in groups", "write the 15 digits without anything between them")
    }

    /// What is wrong with a time: ISO 8601 (RFC 3339), seconds, fraction and offset optional; a date alone will do.
    static func time(_ text: ArraySlice<UInt8>) -> ClaimFinding? {
        if text.isEmpty || isISO(Array(text)) { return nil }
        let damage = timeDamage(text)
        return ClaimFinding(
            .csv, "expected a time such as 2026-02-03T04:05:06+00:00, found \(text.excerpt)\(damage.found)",
            field: .time, hint: .text(damage.hint))
    }

    private static func timeDamage(_ text: ArraySlice<UInt8>) -> Damage {
        let hint = "write the time as 2026-02-03T04:05:06+00:00; a date whose order is unclear is not guessed"
        let others = text.filter { !isDigit($0) }
        if text.allSatisfy({ $0 == UInt8(ascii: "#") }) {
            return (", what a spreadsheet shows for a column that is too narrow", hint)
        }
        if text.contains(UInt8(ascii: "/")) || others.starts(with: [0x2e, 0x2e]) {
            return (", a date in a spreadsheet's form", hint)
        }
        if others == [UInt8(ascii: ":"), UInt8(ascii: ".")] {
            return (", minutes and seconds as a spreadsheet shows them; the date is lost", hint)
        }
        if others.isEmpty || others == [UInt8(ascii: ".")] {
            return (", a bare number, as a spreadsheet stores days", hint)
        }
        return ("", hint)
    }

    private static func isISO(_ text: [UInt8]) -> Bool {
        var reader = DigitReader(text)
        guard let year = reader.number(4, in: 0...9999), reader.literal("-"),
            let month = reader.number(2, in: 1...12), reader.literal("-"),
            reader.number(2, in: 1...days(in: month, of: year)) != nil
        else { return false }
        if reader.isAtEnd { return true }
        guard reader.literal("T") || reader.literal("t") || reader.literal(" "),
            reader.number(2, in: 0...23) != nil, reader.literal(":"), reader.number(2, in: 0...59) != nil
        else { return false }
        if reader.literal(":") {
            guard reader.number(2, in: 0...60) != nil else { return false }
            if reader.literal("."), !reader.digits(1...9) { return false }
        }
        if reader.isAtEnd || reader.literal("Z") || reader.literal("z") { return reader.isAtEnd }
        guard reader.literal("+") || reader.literal("-"), reader.number(2, in: 0...23) != nil else {
            return false
        }
        _ = reader.literal(":")
        return reader.number(2, in: 0...59) != nil && reader.isAtEnd
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Reads fixed fields of digits.
private struct DigitReader {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    mutating func literal(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, UInt32(text[position]) == character.value else { return false }
        position += 1
        return true
    }

    mutating func number(_ count: Int, in range: ClosedRange<Int>) -> Int? {
        guard text.count - position >= count else { return nil }
        var value = 0
        for byte in text[position..<(position + count)] {
            guard 0x30...0x39 ~= byte else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        position += count
        return range.contains(value) ? value : nil
    }

    mutating func digits(_ counts: ClosedRange<Int>) -> Bool {
        let run = text[position...].prefix { 0x30...0x39 ~= $0 }.count
        position += run
        return counts.contains(run)
    }
}
