/// The inside of a JSON string: RFC 8259 section 7, and what must not reach a terminal.
enum JSONEscaping {
    /// Appends UTF-8 text (well-formed) with escapes, without the quotes around it.
    static func append(_ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        // Almost every string has nothing to escape: find the plain prefix and copy it in one go.
        var start = 0
        var index = 0
        while index < text.count {
            if areEightPlain(text, at: index) {
                index += 8
                continue
            }
            let byte = text[index]
            if isPlain(byte) {
                index += 1
                continue
            }
            if byte >= 0x80 {
                let (scalar, length) = decode(text, at: index)
                if mustHide(scalar) {
                    output.append(contentsOf: text[start..<index])
                    appendUnicodeEscape(scalar, to: &output)
                    start = index + length
                }
                index += length
            } else {
                output.append(contentsOf: text[start..<index])
                appendEscape(byte, to: &output)
                index += 1
                start = index
            }
        }
        output.append(contentsOf: text[start..<text.count])
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != Byte.quote && byte != Byte.backslash
    }

    /// Whether eight bytes from `index` on are there and each of them is plain.
    @inline(__always)
    private static func areEightPlain(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        guard text.count - index >= 8 else { return false }
        let word = UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: index, as: UInt64.self)
        // A top bit is set for each byte that is below 0x20, zero after the exclusive or, or above 0x7e; a borrow can
        // set more of them only above one that is rightly set.
        let tops = 0x8080_8080_8080_8080 as UInt64
        let ones = 0x0101_0101_0101_0101 as UInt64
        let quotes = word ^ (ones &* UInt64(Byte.quote))
        let backslashes = word ^ (ones &* UInt64(Byte.backslash))
        let deletes = word ^ (ones &* 0x7f)
        let controls = (word &- ones &* 0x20) & ~word
        let marks =
            (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (deletes &- ones) & ~deletes
        return (word | controls | marks) & tops == 0
    }

    private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(Byte.backslash)
        switch byte {
        case Byte.quote, Byte.backslash: output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0a: output.append(UInt8(ascii: "n"))
        case 0x0c: output.append(UInt8(ascii: "f"))
        case 0x0d: output.append(UInt8(ascii: "r"))
        default: appendFourDigits(UInt16(byte), to: &output)
        }
    }

    private static func appendUnicodeEscape(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            output.append(Byte.backslash)
            appendFourDigits(unit, to: &output)
        }
    }

    private static func appendFourDigits(_ unit: UInt16, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "u"))
        for shift in [12, 8, 4, 0] as [UInt16] {
            output.append(Byte.hexDigit(UInt8(truncatingIfNeeded: (unit >> shift) & 15)))
        }
    }

    /// C1 controls, line and paragraph separators, bidirectional and other invisible format characters.
    private static func mustHide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// One scalar of more than one byte. The text comes from a `String`, so it is well-formed UTF-8; were it
    /// not, the byte would come out as U+0080 and thus escaped.
    private static func decode(
        _ text: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (scalar: Unicode.Scalar, length: Int) {
        let lead = text[index]
        let length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
        guard lead >= 0xc0, index + length <= text.count else { return ("\u{80}", 1) }
        var value = UInt32(lead) & (0xff >> UInt32(length + 1))
        for offset in 1..<length {
            value = value << 6 | UInt32(text[index + offset] & 0x3f)
        }
        guard let scalar = Unicode.Scalar(value) else { return ("\u{80}", 1) }
        return (scalar, length)
    }
}
