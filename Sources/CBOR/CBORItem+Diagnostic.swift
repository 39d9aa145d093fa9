extension CBORItem {
    /// The item in diagnostic notation (RFC 8949 §8): printable ASCII on one line, safe for a terminal.
    ///
    /// Bignums of up to 64 bytes in their shortest form appear as decimal numbers, as in RFC 8949
    /// Appendix A. Widths of floats and heads are not shown.
    public var diagnosticNotation: String {
        var text = ""
        appendDiagnostic(to: &text)
        return text
    }

    private func appendDiagnostic(to text: inout String) {
        switch self {
        case .unsigned(let value): text += String(value)
        case .negative(let argument): text += Self.decimal(negative: argument)
        case .byteString(let content): text += Self.hexadecimal(content)
        case .textString(let content): text += Self.quoted(content)
        case .array(let elements): Self.append(elements, "[", to: &text)
        case .map(let pairs): Self.append(pairs, "{", to: &text)
        case .tagged(let number, let content):
            if let decimal = Self.bignum(tag: number, content) {
                text += decimal
            } else {
                text += String(number) + "("
                content.appendDiagnostic(to: &text)
                text += ")"
            }
        case .boolean(let value): text += value ? "true" : "false"
        case .null: text += "null"
        case .undefined: text += "undefined"
        case .simple(let value): text += "simple(\(value.number))"
        case .float(let number): text += Self.decimal(number.value)
        case .byteStringChunks(let chunks):
            // With no chunk the type would be lost (RFC 8949 §8.1).
            text += chunks.isEmpty ? "''_" : Self.chunked(chunks.map(Self.hexadecimal))
        case .textStringChunks(let chunks):
            text += chunks.isEmpty ? "\"\"_" : Self.chunked(chunks.map(Self.quoted))
        case .indefiniteArray(let elements): Self.append(elements, "[_ ", to: &text)
        case .indefiniteMap(let pairs): Self.append(pairs, "{_ ", to: &text)
        }
    }

    private static func append(_ elements: [CBORItem], _ opening: String, to text: inout String) {
        text += opening
        for (index, element) in elements.enumerated() {
            if index > 0 { text += ", " }
            element.appendDiagnostic(to: &text)
        }
        text += "]"
    }

    private static func append(_ pairs: [Pair], _ opening: String, to text: inout String) {
        text += opening
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text += ", " }
            pair.key.appendDiagnostic(to: &text)
            text += ": "
            pair.value.appendDiagnostic(to: &text)
        }
        text += "}"
    }

    private static func chunked(_ chunks: [String]) -> String {
        "(_ " + chunks.joined(separator: ", ") + ")"
    }
}

// MARK: Strings

extension CBORItem {
    private static func hexadecimal(_ content: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = Array("h'".utf8)
        text.reserveCapacity(content.count * 2 + 3)
        for byte in content {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self) + "'"
    }

    /// A JSON string of ASCII alone: what is not printable ASCII becomes UTF-16 escapes.
    private static func quoted(_ content: String) -> String {
        var text = "\""
        for unit in content.utf16 {
            switch unit {
            case 0x22: text += "\\\""
            case 0x5c: text += "\\\\"
            case 0x0a: text += "\\n"
            case 0x0d: text += "\\r"
            case 0x09: text += "\\t"
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return text + "\""
    }
}

// MARK: Numbers

extension CBORItem {
    private static func decimal(negative argument: UInt64) -> String {
        let (magnitude, overflows) = argument.addingReportingOverflow(1)
        return overflows ? "-18446744073709551616" : "-" + String(magnitude)
    }

    /// The shortest decimal that reads back as the number, written as RFC 8949 Appendix A does: an exponent
    /// above 2^53 and below 0.000001.
    private static func decimal(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        let parts = value.description.split(separator: "e", maxSplits: 1)
        guard parts.count == 2, let exponent = Int(parts[1]) else { return value.description }
        let mantissa = parts[0].contains(".") ? String(parts[0]) : parts[0] + ".0"
        guard (-6 ... -1).contains(exponent) else {
            return mantissa + (exponent < 0 ? "e" : "e+") + String(exponent)
        }
        let sign = value < 0 ? "-" : ""
        let digits = parts[0].filter { $0.isNumber }
        return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
    }

    /// The decimal number of a bignum (RFC 8949 §3.4.3): tag 2 or 3 around a byte string without leading
    /// zeros, too large for an integer. Others print as tags, so that they are not taken for integers.
    private static func bignum(tag: UInt64, _ content: CBORItem) -> String? {
        guard tag == 2 || tag == 3, case .byteString(let bytes) = content,
            (9...64).contains(bytes.count), bytes.first != 0
        else { return nil }
        // Groups of nine decimal digits, the least significant first.
        var groups: [UInt64] = [0]
        for byte in bytes { multiplyAdd(&groups, 256, UInt64(byte)) }
        if tag == 3 { multiplyAdd(&groups, 1, 1) }
        var text = tag == 3 ? "-" : ""
        for (index, group) in groups.reversed().enumerated() {
            let digits = String(group)
            if index > 0 { text += String(repeating: "0", count: 9 - digits.utf8.count) }
            text += digits
        }
        return text
    }

    private static func multiplyAdd(_ groups: inout [UInt64], _ factor: UInt64, _ summand: UInt64) {
        var carry = summand
        for index in groups.indices {
            let value = groups[index] * factor + carry
            groups[index] = value % 1_000_000_000
            carry = value / 1_000_000_000
        }
        if carry > 0 { groups.append(carry) }
    }
}
