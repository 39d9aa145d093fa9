// Own codecs because the standard library has none, Foundation doubles the start-up time, and OpenSSL's decoder
// skips characters it does not know; a token's text must decode in exactly one way.

/// Why text is not base64 or base64url.
public struct Base64Error: Error, Equatable, Sendable {
    public enum Reason: Equatable, Sendable {
        case character(UInt8)
        /// A group of one character, which encodes nothing.
        case length(Int)
        /// The unused low bits of the last character are not zero.
        case trailingBits
        case padding
    }

    /// Byte offset in the text.
    public let offset: Int
    public let reason: Reason

    /// Lower case, without the text itself.
    public var message: String {
        switch reason {
        case .character(let byte) where byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/"):
            "found '\(Character(Unicode.Scalar(byte)))' at offset \(offset), which is base64; expected base64url, which has "
                + "- for + and _ for /"
        case .character(let byte) where 0x21...0x7e ~= byte:
            "unexpected character '\(Character(Unicode.Scalar(byte)))' at offset \(offset)"
        case .character(0x80...):
            "unexpected character beyond ASCII at offset \(offset), such as the quotation marks, dashes and spaces of a "
                + "word processor"
        case .character(let byte):
            "unexpected character 0x\(String(byte, radix: 16)) at offset \(offset)"
        case .length(let length): "a text of \(length) characters leaves one over, which encodes nothing"
        case .trailingBits: "unused bits of the last character are not zero"
        case .padding: "wrong padding at offset \(offset)"
        }
    }
}

/// Base64 in both alphabets of RFC 4648.
public enum Base64 {
    public enum Alphabet: Sendable {
        /// RFC 4648 §4: `+` and `/`, padded.
        case standard
        /// RFC 4648 §5: `-` and `_`, not padded.
        case url
    }

    private static let invalid: UInt8 = 0xff
    private static let urlTable = table(lastTwo: Array("-_".utf8))
    private static let standardTable = table(lastTwo: Array("+/".utf8))

    private static func table(lastTwo: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: invalid, count: 256)
        for (value, byte) in digits(lastTwo: lastTwo).enumerated() { table[Int(byte)] = UInt8(value) }
        return table
    }

    private static func digits(lastTwo: [UInt8]) -> [UInt8] {
        Array(UInt8(ascii: "A")...UInt8(ascii: "Z")) + Array(UInt8(ascii: "a")...UInt8(ascii: "z"))
            + Array(UInt8(ascii: "0")...UInt8(ascii: "9")) + lastTwo
    }

    private static let urlDigits = digits(lastTwo: Array("-_".utf8))
    private static let standardDigits = digits(lastTwo: Array("+/".utf8))

    /// Strict base64url without padding; every text decodes in one way and only one text gives a value.
    public static func decodeURL(_ text: ArraySlice<UInt8>) throws(Base64Error) -> [UInt8] {
        try decode(text, table: urlTable)
    }

    /// Standard base64 with its padding, no white space.
    public static func decodeStandard(_ text: ArraySlice<UInt8>) throws(Base64Error) -> [UInt8] {
        guard text.count % 4 == 0 else {
            throw Base64Error(offset: text.count, reason: .padding)
        }
        var end = text.endIndex
        while end > text.startIndex, text.endIndex - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        return try decode(text[..<end], table: standardTable)
    }

    private static func decode(_ text: ArraySlice<UInt8>, table: [UInt8]) throws(Base64Error) -> [UInt8] {
        let rest = text.count % 4
        guard rest != 1 else {
            // A blank or a padding sign in the text tells more than the length that it leads to.
            if text.contains(where: { table[Int($0)] == invalid }) {
                throw badCharacter(text, from: text.startIndex, table: table)
            }
            throw Base64Error(offset: text.count, reason: .length(text.count))
        }
        // Made whole and filled in: an append for each octet costs more than the octet. What is copied does not matter.
        var output = Array(text.prefix(text.count / 4 * 3))
        var index = text.startIndex
        let groups = text.endIndex - rest
        guard fill(&output, text[index..<groups], table) else {
            throw badCharacter(text, from: index, table: table)
        }
        index = groups
        guard rest > 0 else { return output }
        let a = table[Int(text[index])]
        let b = table[Int(text[index + 1])]
        let c = rest == 3 ? table[Int(text[index + 2])] : 0
        guard (a | b | c) & 0x80 == 0 else { throw badCharacter(text, from: index, table: table) }
        output.append(a << 2 | b >> 4)
        if rest == 3 { output.append(b << 4 | c >> 2) }
        guard (rest == 3 ? c & 0x03 : b & 0x0f) == 0 else {
            throw Base64Error(offset: text.count - 1, reason: .trailingBits)
        }
        return output
    }

    /// Decodes whole groups of four characters; false at an invalid one.
    private static func fill(_ output: inout [UInt8], _ text: ArraySlice<UInt8>, _ table: [UInt8]) -> Bool {
        var octets = output.mutableSpan
        let characters = text.span
        let values = table.span
        // Tells the compiler that no octet is beyond the table.
        guard values.count == 256 else { return false }
        var place = 0
        var index = 0
        while index + 3 < characters.count {
            let group = characters.extracting(index..<(index + 4))
            let a = values[Int(group[0])]
            let b = values[Int(group[1])]
            let c = values[Int(group[2])]
            let d = values[Int(group[3])]
            // Values are at most 63, so the top bit shows an invalid character.
            guard (a | b | c | d) & 0x80 == 0 else { return false }
            octets[place] = a << 2 | b >> 4
            octets[place + 1] = b << 4 | c >> 2
            octets[place + 2] = c << 6 | d
            place += 3
            index += 4
        }
        return true
    }

    private static func badCharacter(
        _ text: ArraySlice<UInt8>, from start: Int, table: [UInt8]
    ) -> Base64Error {
        let index = text[start...].firstIndex { table[Int($0)] == invalid } ?? start
        return Base64Error(offset: index - text.startIndex, reason: .character(text[index]))
    }

    /// The ASCII text of `bytes`.
    public static func encode(_ bytes: [UInt8], _ alphabet: Alphabet) -> [UInt8] {
        let digits = alphabet == .url ? urlDigits : standardDigits
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index + 2 < bytes.count {
            let (a, b, c) = (bytes[index], bytes[index + 1], bytes[index + 2])
            output.append(digits[Int(a >> 2)])
            output.append(digits[Int((a & 3) << 4 | b >> 4)])
            output.append(digits[Int((b & 15) << 2 | c >> 6)])
            output.append(digits[Int(c & 63)])
            index += 3
        }
        switch bytes.count - index {
        case 1:
            output.append(digits[Int(bytes[index] >> 2)])
            output.append(digits[Int((bytes[index] & 3) << 4)])
            if alphabet == .standard { output += [UInt8(ascii: "="), UInt8(ascii: "=")] }
        case 2:
            output.append(digits[Int(bytes[index] >> 2)])
            output.append(digits[Int((bytes[index] & 3) << 4 | bytes[index + 1] >> 4)])
            output.append(digits[Int((bytes[index + 1] & 15) << 2)])
            if alphabet == .standard { output.append(UInt8(ascii: "=")) }
        default: break
        }
        return output
    }
}
