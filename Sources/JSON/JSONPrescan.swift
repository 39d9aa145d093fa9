/// One pass over a JSON text before jansson sees it: bounds, what jansson would lose or refuse, and an outline.
///
/// jansson rounds fractions to `double`, refuses integers beyond 64 bits and numbers like `1e400`, and
/// cannot hold U+0000 in a member's name. So numbers that are not 64-bit integers are noted with their text
/// and replaced by `0`; the escape `\u0000` is replaced by a private-use character that occurs nowhere else
/// in the text (``JSONMask``). Grammar stays jansson's business: a replaced number was a whole number
/// by RFC 8259 section 6 and stays one, so nothing malformed becomes well-formed. The exception is the
/// byte 0, refused here: jansson 2.14 overlooks one behind a number (`12<NUL>` reads as 12).
///
/// The outline is what jansson reads first: the same tokens in the same order, but a number stands there as `0`, and
/// a string that is no member's name and has neither escapes nor octets beyond ASCII as `""`. jansson takes a string
/// octet by octet through several calls; of such a one it could say only that it is a string.
struct JSONPrescan {
    /// A number of the document.
    struct Number {
        let range: Range<Int>
        /// `nil` for one that is kept as text, and for what is no number, over which jansson stumbles.
        let integer: Int64?
        /// Whether it is kept as text.
        let isKept: Bool
    }

    /// All numbers in order.
    private(set) var numbers: [Number] = []
    /// Whether any number is kept as text.
    private(set) var keepsNumbers = false
    /// Offsets of `\u0000` escapes.
    private(set) var nulEscapes: [Int] = []
    /// For each string that is a value, in order: where its characters are, or `nil` where the outline has them.
    private(set) var texts: [Range<Int>?] = []
    /// The length of the outline in bytes.
    private(set) var outlineCount = 0

    private var depth = 0
    private var valueCount = 1
    private let limits: JSONLimits
    private let text: UnsafeBufferPointer<UInt8>
    private let outline: UnsafeMutableBufferPointer<UInt8>

    /// - Parameter outline: where the outline is written, at least as long as the text.
    init(
        _ text: UnsafeBufferPointer<UInt8>, limits: JSONLimits, outline: UnsafeMutableBufferPointer<UInt8>
    ) throws(JSONError) {
        self.limits = limits
        self.text = text
        self.outline = outline
        guard text.count <= limits.bytes else {
            throw JSONError(
                reason: .tooLong,
                message: "expected at most \(limits.bytes) bytes of JSON, found \(text.count)",
                line: 0, column: 0, byteOffset: 0)
        }
        if let nul = text.firstIndex(of: 0) {
            throw Self.error(.syntax, "expected JSON, found a byte 0", text, at: nul)
        }
        texts.reserveCapacity(8)
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case Byte.quote:
                index = endOfString(from: index + 1)
                continue
            case Byte.openBracket, Byte.openBrace:
                depth += 1
                valueCount += 1
                try checkBounds(at: index)
            case Byte.closeBracket, Byte.closeBrace:
                depth = max(0, depth - 1)
            case Byte.comma:
                valueCount += 1
                try checkBounds(at: index)
            case Byte.minus, Byte.zero...UInt8(ascii: "9"):
                index = endOfNumber(from: index)
                continue
            default: break
            }
            outline[outlineCount] = byte
            outlineCount += 1
            index += 1
        }
    }

    private func checkBounds(at index: Int) throws(JSONError) {
        if depth > limits.depth {
            throw Self.error(
                .tooDeep, "expected at most \(limits.depth) levels of nesting, found more", text, at: index)
        }
        if valueCount > limits.values {
            throw Self.error(
                .tooManyValues, "expected at most \(limits.values) values, found more", text, at: index)
        }
    }

    /// The offset behind the string that opened in front of `start`.
    private mutating func endOfString(from start: Int) -> Int {
        var index = Self.endOfPlain(text, from: start)
        if index < text.count, text[index] == Byte.quote {
            index += 1
            if isName(endingAt: index) {
                keep((start - 1)..<index)
            } else {
                texts.append(start..<(index - 1))
                outline[outlineCount] = Byte.quote
                outline[outlineCount + 1] = Byte.quote
                outlineCount += 2
            }
            return index
        }
        while index < text.count, text[index] != Byte.quote {
            if text[index] == Byte.backslash {
                if Self.escapedUnit(text, at: index) == 0 { nulEscapes.append(index) }
                index += 1
            }
            index += 1
        }
        index = min(index + 1, text.count)
        keep((start - 1)..<index)
        if !isName(endingAt: index) { texts.append(nil) }
        return index
    }

    /// Whether the string that ends here is a member's name: in well-formed JSON, only a name has a colon behind it.
    private func isName(endingAt end: Int) -> Bool {
        var index = end
        while index < text.count {
            switch text[index] {
            case Byte.colon: return true
            case Byte.space, 0x09, Byte.lineFeed, 0x0d: index += 1
            default: return false
            }
        }
        return false
    }

    /// Copies a piece of the text to the outline as it is.
    private mutating func keep(_ range: Range<Int>) {
        for index in range {
            outline[outlineCount] = text[index]
            outlineCount += 1
        }
    }

    /// The offset behind the number that starts here.
    private mutating func endOfNumber(from start: Int) -> Int {
        var end = start + 1
        while end < text.count, Self.isNumberByte(text[end]) {
            end += 1
        }
        let token = text[start..<end]
        let integer = Self.exactInt64(token)
        let isKept = integer == nil && Self.isNumber(token)
        numbers.append(Number(range: start..<end, integer: integer, isKept: isKept))
        if isKept { keepsNumbers = true }
        if integer == nil, !isKept {
            keep(start..<end)
        } else {
            outline[outlineCount] = Byte.zero
            outlineCount += 1
        }
        return end
    }

    // MARK: Tokens

    /// The offset of the first octet from `start` on that is no ASCII character, or not in a string as it is: the
    /// quotation mark at its end, an escape, a control character. Eight octets at a time: most strings are long.
    private static func endOfPlain(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones << 7
        var index = start
        if let base = UnsafeRawPointer(text.baseAddress) {
            while text.count - index >= 8 {
                let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                // An octet below n borrows from its top bit, and an octet that is 0 is one below 1.
                let quote = word ^ (ones &* UInt64(Byte.quote))
                let backslash = word ^ (ones &* UInt64(Byte.backslash))
                let ends =
                    ((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote)
                    | ((backslash &- ones) & ~backslash) | word
                // An octet behind the first one that ends the text may be marked wrongly, the first one never.
                guard ends & tops == 0 else { return index + (ends & tops).trailingZeroBitCount / 8 }
                index += 8
            }
        }
        while index < text.count {
            let byte = text[index]
            if byte < 0x20 || byte >= 0x80 || byte == Byte.quote || byte == Byte.backslash { break }
            index += 1
        }
        return index
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case Byte.zero...UInt8(ascii: "9"), Byte.minus, UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// The value of an integer without leading zeros or negative zero that fits 64 bits; `nil` for another text.
    private static func exactInt64(_ token: Slice<UnsafeBufferPointer<UInt8>>) -> Int64? {
        let isNegative = token.first == Byte.minus
        let digits = isNegative ? token.dropFirst() : token
        guard let first = digits.first, digits.count <= 19 else { return nil }
        if first == Byte.zero {
            return digits.count == 1 && !isNegative ? 0 : nil
        }
        // 19 digits cannot overflow 64 unsigned bits.
        var magnitude: UInt64 = 0
        for digit in digits {
            guard isDigit(digit) else { return nil }
            magnitude = magnitude * 10 + UInt64(digit - Byte.zero)
        }
        if isNegative {
            return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
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

    /// An error at one character, with line and column counted from the bytes in front of it.
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
