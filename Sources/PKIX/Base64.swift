import OpenSSL

/// Reads standard base64 (RFC 4648 section 4) as PEM needs it.
///
/// Of our own because Foundation stays out of this package (start-up time), and because PEM wants line
/// breaks skipped, everything else refused and the place of a fault named.
enum Base64 {
    /// What stopped a decoder, and at which offset of the input.
    struct Fault: Error, Equatable {
        let offset: Int
        let reason: String
    }

    private static let blank: UInt8 = 64
    private static let invalid: UInt8 = 255

    /// Values 0…63 of the alphabet, `blank` for white space, `invalid` for everything else.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: invalid, count: 256)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        for letter in " \t\r\n".utf8 { table[Int(letter)] = blank }
        return table
    }()

    private static let alphabet: [UInt8] = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Decodes `range` of `bytes`: white space ignored, padding and zero spare bits required.
    static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(Fault) -> [UInt8] {
        let range = range.clamped(to: 0..<bytes.count)
        var output: [UInt8] = []
        output.append(contentsOf: repeatElement(0, count: range.count / 4 * 3))
        // Nearly all of a block; the rest is read letter by letter.
        let groups = Octets.decodeBase64(bytes, in: range, values: values, into: &output)
        output.removeLast(output.count - groups.written)
        var offset = range.lowerBound + groups.read
        let table = values
        var bits: UInt32 = 0
        var count = 0
        while offset < range.upperBound {
            let letter = bytes[offset]
            let value = table[Int(letter)]
            if value < 64 {
                bits = bits << 6 | UInt32(value)
                count += 1
                if count == 4 {
                    output.append(UInt8(truncatingIfNeeded: bits >> 16))
                    output.append(UInt8(truncatingIfNeeded: bits >> 8))
                    output.append(UInt8(truncatingIfNeeded: bits))
                    bits = 0
                    count = 0
                }
            } else if letter == UInt8(ascii: "=") {
                try finish(bytes, offset..<range.upperBound, bits, count, &output)
                return output
            } else if value != blank {
                throw Fault(offset: offset, reason: "expected base64, found octet \(hexadecimal([letter]))")
            }
            offset += 1
        }
        guard count == 0 else { throw Fault(offset: offset, reason: "base64 is cut short or lacks padding") }
        return output
    }

    /// Reads the padding, after which nothing but white space may follow.
    private static func finish(
        _ bytes: [UInt8], _ range: Range<Int>, _ bits: UInt32, _ count: Int, _ output: inout [UInt8]
    ) throws(Fault) {
        var signs = 0
        for offset in range {
            if bytes[offset] == UInt8(ascii: "=") {
                signs += 1
            } else if values[Int(bytes[offset])] != blank {
                throw Fault(offset: offset, reason: "found data after the base64 padding")
            }
        }
        guard (count == 2 && signs == 2) || (count == 3 && signs == 1) else {
            throw Fault(offset: range.lowerBound, reason: "base64 padding is wrong")
        }
        guard bits & (count == 2 ? 0xF : 0x3) == 0 else {
            throw Fault(offset: range.lowerBound, reason: "spare bits before the base64 padding are not zero")
        }
        if count == 2 {
            output.append(UInt8(truncatingIfNeeded: bits >> 4))
        } else {
            output.append(UInt8(truncatingIfNeeded: bits >> 10))
            output.append(UInt8(truncatingIfNeeded: bits >> 2))
        }
    }
}
