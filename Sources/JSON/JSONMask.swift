/// A JSON text with the places replaced that jansson cannot hold, byte for byte as long as the original.
struct JSONMask {
    let bytes: [UInt8]
    /// The character that stands for U+0000, if there was one.
    let nulStandIn: Unicode.Scalar?

    init(_ text: UnsafeBufferPointer<UInt8>, _ scan: JSONPrescan) throws(JSONError) {
        var bytes = Array(text)
        for number in scan.keptNumbers {
            for index in number.range {
                bytes[index] = index == number.range.lowerBound ? Byte.zero : Byte.space
            }
        }
        guard let first = scan.nulEscapes.first else {
            self.bytes = bytes
            nulStandIn = nil
            return
        }
        guard let standIn = Self.unusedPrivateUse(in: text) else {
            throw JSONPrescan.error(.syntax, "expected no U+0000 in a text of this kind", text, at: first)
        }
        for offset in scan.nulEscapes {
            for digit in 0..<4 {
                let nibble = UInt8(truncatingIfNeeded: standIn.value >> UInt32(12 - 4 * digit)) & 15
                bytes[offset + 2 + digit] = Byte.hexDigit(nibble)
            }
        }
        self.bytes = bytes
        nulStandIn = standIn
    }

    /// The text as it was before the mask.
    func unmask(_ text: String) -> String {
        guard let nulStandIn, text.unicodeScalars.contains(nulStandIn) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            result.unicodeScalars.append(scalar == nulStandIn ? "\0" : scalar)
        }
        return result
    }

    /// A character of U+E000 to U+F8FF that the text holds neither as UTF-8 nor as an escape.
    private static func unusedPrivateUse(in text: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar? {
        var used: Set<UInt32> = []
        for index in text.indices {
            if let unit = JSONPrescan.escapedUnit(text, at: index) {
                used.insert(UInt32(unit))
            } else if text[index] & 0xf0 == 0xe0, text.count - index >= 3 {
                let middle = UInt32(text[index + 1] & 0x3f) << 6
                used.insert(UInt32(text[index] & 0x0f) << 12 | middle | UInt32(text[index + 2] & 0x3f))
            }
        }
        let candidates: ClosedRange<UInt32> = 0xe000...0xf8ff
        return candidates.first { !used.contains($0) }.flatMap(Unicode.Scalar.init)
    }
}
