/// Finding an octet in long texts, eight at a time: one by one, each costs five instructions.
public enum OctetSearch {
    /// The index of the first `octet` in `text`.
    public static func firstIndex(of octet: UInt8, in text: ArraySlice<UInt8>) -> Int? {
        let octets = text.span
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = 0
        while index + 8 <= octets.count {
            // The sum of the eight octets in their places is one load in the machine's code.
            let part = octets.extracting(index..<(index + 8))
            let low =
                UInt64(part[0]) | UInt64(part[1]) << 8 | UInt64(part[2]) << 16 | UInt64(part[3]) << 24
            let high =
                UInt64(part[4]) << 32 | UInt64(part[5]) << 40 | UInt64(part[6]) << 48 | UInt64(part[7]) << 56
            let difference = (low | high) ^ ones &* UInt64(octet)
            // An octet that is 0 borrows from its top bit; others may, but only behind the first that is 0.
            let zeros = (difference &- ones) & ~difference & (ones << 7)
            if zeros != 0 { return text.startIndex + index + zeros.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < octets.count {
            if octets[index] == octet { return text.startIndex + index }
            index += 1
        }
        return nil
    }
}
