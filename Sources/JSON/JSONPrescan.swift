/// One pass over a JSON text before jansson sees it: bounds, and what jansson would lose or refuse.
///
/// jansson rounds fractions to `double`, refuses integers beyond 64 bits and numbers like `1e400`, and
/// cannot hold U+0000 in a member's name. So numbers that are not 64-bit integers are noted with their text
/// and replaced, length kept, by `0`; the escape `\u0000` is replaced by a private-use character that
/// occurs nowhere else in the text. Grammar stays jansson's business: a replaced number was a whole number
/// by RFC 8259 section 6 and stays one, so nothing malformed becomes well-formed. The exception is the
/// byte 0, refused here: jansson 2.14 overlooks one after a number (`12<NUL>` reads as 12).
struct JSONPrescan {
    /// A number kept as text: how many numbers are before it in the document, and where it is.
    struct KeptNumber {
        let ordinal: Int
        let range: Range<Int>
    }

    private(set) var keptNumbers: [KeptNumber] = []
    /// Offsets of `\u0000` escapes.
    private(set) var nulEscapes: [Int] = []

    private var numberCount = 0
    private var depth = 0
    private var valueCount = 1
    private let limits: JSONLimits

    init(_ text: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONError) {
        self.limits = limits
        guard text.count <= limits.bytes else {
            throw JSONError(
                reason: .tooLong,
                message: "expected at most \(limits.bytes) bytes of JSON, found \(text.count)",
                line: 0, column: 0, byteOffset: 0)
        }
        if let nul = text.firstIndex(of: 0) {
            throw Self.error(.syntax, "expected JSON, found a byte 0", text, at: nul)
        }
        var index = 0
        while index < text.count {
            switch text[index] {
            case Byte.quote:
                index = endOfString(text, from: index + 1)
                continue
            case Byte.openBracket, Byte.openBrace:
                depth += 1
                valueCount += 1
                try checkBounds(text, at: index)
            case Byte.closeBracket, Byte.closeBrace:
                depth = max(0, depth - 1)
            case Byte.comma:
                valueCount += 1
                try checkBounds(text, at: index)
            case Byte.minus, Byte.zero...UInt8(ascii: "9"):
                index = endOfNumber(text, from: index)
                continue
            default: break
            }
            index += 1
        }
    }

    private func checkBounds(_ text: UnsafeBufferPointer<UInt8>, at index: Int) throws(JSONError) {
        if depth > limits.depth {
            throw Self.error(
                .tooDeep, "expected at most \(limits.depth) levels of nesting, found more", text, at: index)
        }
        if valueCount > limits.values {
            throw Self.error(
                .tooManyValues, "expected at most \(limits.values) values, found more", text, at: index)
        }
    }

    /// The offset after the string that opened before `start`.
    private mutating func endOfString(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count {
            let byte = text[index]
            if byte == Byte.quote {
                return index + 1
            }
            if byte == Byte.backslash {
                if Self.escapedUnit(text, at: index) == 0 {
                    nulEscapes.append(index)
                }
                index += 2
            } else {
                index += 1
            }
        }
        return text.count
    }

    /// The offset after the number that starts here; notes it when an `Int64` cannot hold it exactly.
    private mutating func endOfNumber(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var end = start + 1
        while end < text.count, Self.isNumberByte(text[end]) {
            end += 1
        }
        let token = text[start..<end]
        if !Self.isExactInt64(token), Self.isNumber(token) {
            keptNumbers.append(KeptNumber(ordinal: numberCount, range: start..<end))
        }
        numberCount += 1
        return end
    }

    // MARK: Tokens

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case Byte.zero...UInt8(ascii: "9"), Byte.minus, UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// Whether the text is an integer without leading zeros or negative zero that fits 64 bits.
    private static func isExactInt64(_ token: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let isNegative = token.first == Byte.minus
        let digits = isNegative ? token.dropFirst() : token
        guard let first = digits.first, digits.count <= 19, digits.allSatisfy(isDigit) else { return false }
        if first == Byte.zero {
            return digits.count == 1 && !isNegative
        }
        // 19 digits cannot overflow 64 unsigned bits.
        let magnitude = digits.reduce(0 as UInt64) { $0 * 10 + UInt64($1 - Byte.zero) }
        return magnitude <= (isNegative ? Int64.min.magnitude : Int64.max.magnitude)
    }

    /// Whether the text is a number by RFC 8259 section 6.
    static func isNumber(_ token: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var rest = token
        if rest.first == Byte.minus {
            rest = rest.dropFirst()
        }
        let whole = rest.prefix(while: isDigit)
        guard let first = whole.first, first != Byte.zero || whole.count == 1 else { return false }
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return false }
            rest = rest.dropFirst(1 + fraction.count)
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == Byte.minus {
                rest = rest.dropFirst()
            }
            let exponent = rest.prefix(while: isDigit)
            guard !exponent.isEmpty else { return false }
            rest = rest.dropFirst(exponent.count)
        }
        return rest.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= Byte.zero && byte <= UInt8(ascii: "9")
    }

    /// The code unit of a `\uXXXX` escape that starts here.
    static func escapedUnit(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt16? {
        guard text.count - index >= 6, text[index] == Byte.backslash, text[index + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for byte in text[(index + 2)..<(index + 6)] {
            let digit: UInt8
            switch byte {
            case Byte.zero...UInt8(ascii: "9"): digit = byte - Byte.zero
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// An error at one character, with line and column counted from the bytes before it.
    static func error(
        _ reason: JSONError.Reason, _ message: String, _ text: UnsafeBufferPointer<UInt8>, at offset: Int
    ) -> JSONError {
        let before = text.prefix(offset)
        let line = 1 + before.count { $0 == Byte.lineFeed }
        let start = before.lastIndex(of: Byte.lineFeed).map { $0 + 1 } ?? 0
        // Characters, not bytes: continuation bytes do not count.
        let column = 1 + before[start...].count { $0 & 0xc0 != 0x80 }
        return JSONError(
            reason: reason, message: message, line: line, column: column,
            byteOffset: min(offset + 1, text.count))
    }
}
