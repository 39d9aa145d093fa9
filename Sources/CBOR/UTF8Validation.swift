/// Finds ill-formed UTF-8 (RFC 3629): overlong forms, surrogates and values above U+10FFFF count as such.
enum UTF8Validation {
    /// The offset of the first ill-formed sequence in `bytes[range]`, or nil if all is well-formed.
    ///
    /// Allocates nothing. The range must lie inside the array.
    static func firstInvalidOffset(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var position = range.lowerBound
        while position < range.upperBound {
            let lead = bytes[position]
            if lead < 0x80 {
                position += 1
                continue
            }
            let length: Int
            // The bounds of the second byte exclude overlong forms, surrogates and too large values.
            var second: ClosedRange<UInt8> = 0x80...0xbf
            switch lead {
            case 0xc2...0xdf: length = 2
            case 0xe0: (length, second) = (3, 0xa0...0xbf)
            case 0xed: (length, second) = (3, 0x80...0x9f)
            case 0xe1...0xef: length = 3
            case 0xf0: (length, second) = (4, 0x90...0xbf)
            case 0xf4: (length, second) = (4, 0x80...0x8f)
            case 0xf1...0xf3: length = 4
            default: return position
            }
            guard range.upperBound - position >= length, second.contains(bytes[position + 1]) else {
                return position
            }
            for index in (position + 2)..<(position + max(length, 2))
            where bytes[index] & 0xc0 != 0x80 {
                return position
            }
            position += length
        }
        return nil
    }
}
