import COpenSSL
import Glibc

/// What the C libraries do faster with octets than a loop does. Nothing here takes constant time: not for secrets.
public enum Octets {
    /// Whether the octets of `left` in `range` are `right`; false for a range outside of `left`.
    public static func equal(_ left: [UInt8], in range: Range<Int>, _ right: [UInt8]) -> Bool {
        guard range.lowerBound >= 0, range.upperBound <= left.count, range.count == right.count else {
            return false
        }
        return left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                guard let start = left.baseAddress, let wanted = right.baseAddress, !right.isEmpty else {
                    return right.isEmpty
                }
                return memcmp(start + range.lowerBound, wanted, right.count) == 0
            }
        }
    }

    /// The offset of the first `octet` in `bytes` from `start` on; nil if there is none.
    public static func firstIndex(of octet: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        guard start >= 0, start < bytes.count else { return nil }
        return bytes.withUnsafeBytes { text in
            guard let first = text.baseAddress,
                let found = memchr(first + start, Int32(octet), text.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - first
        }
    }

    /// The index of the first `octet` in `text`; nil if there is none.
    public static func firstIndex(of octet: UInt8, in text: ArraySlice<UInt8>) -> Int? {
        text.withUnsafeBytes { octets in
            guard let first = octets.baseAddress, let found = memchr(first, Int32(octet), octets.count) else {
                return nil
            }
            return text.startIndex + (UnsafeRawPointer(found) - first)
        }
    }

    /// How often `octet`, which is rare, occurs in `bytes`.
    public static func count(of octet: UInt8, in bytes: [UInt8]) -> Int {
        var count = 0
        var position = 0
        while let found = firstIndex(of: octet, in: bytes, from: position) {
            count += 1
            position = found + 1
        }
        return count
    }

    /// Decodes groups of four letters, between which there may be white space, until something else comes.
    ///
    /// - Parameters:
    ///   - range: within `bytes`.
    ///   - values: 256 of them: 0…63 for the letters, 64 for white space, more for all other octets.
    ///   - output: takes three octets of each group from its start on; too short a one takes none.
    /// - Returns: how many octets were read and how many written.
    public static func decodeBase64(
        _ bytes: [UInt8], in range: Range<Int>, values: [UInt8], into output: inout [UInt8]
    ) -> (read: Int, written: Int) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, values.count == 256,
            output.count >= range.count / 4 * 3
        else { return (0, 0) }
        return bytes.withUnsafeBufferPointer { bytes in
            values.withUnsafeBufferPointer { values in
                output.withUnsafeMutableBufferPointer { output in
                    guard let bytes = bytes.baseAddress, let values = values.baseAddress,
                        let first = output.baseAddress
                    else { return (0, 0) }
                    var place = first
                    var next = bytes + range.lowerBound
                    let end = bytes + range.upperBound
                    while end - next >= 4 {
                        let a = values[Int(next[0])]
                        let b = values[Int(next[1])]
                        let c = values[Int(next[2])]
                        let d = values[Int(next[3])]
                        if a | b | c | d < 64 {
                            // No more groups than a quarter of the range: they fit.
                            place[0] = a << 2 | b >> 4
                            place[1] = b << 4 | c >> 2
                            place[2] = c << 6 | d
                            place += 3
                            next += 4
                        } else if a == 64 {
                            next += 1
                        } else {
                            break
                        }
                    }
                    return (next - (bytes + range.lowerBound), place - first)
                }
            }
        }
    }

    /// Appends `bytes` in base64 (RFC 4648 section 4) as lines of 64 letters, each ended by `lineEnd`.
    ///
    /// - Parameter lineEnd: ASCII, not empty.
    public static func appendBase64(_ bytes: [UInt8], lineEnd: StaticString, to output: inout [UInt8]) {
        let lineOctets = 48
        let lines = (bytes.count + lineOctets - 1) / lineOctets
        let endLength = lineEnd.utf8CodeUnitCount
        guard lines > 0, endLength > 0 else { return }
        let start = output.count
        let length = (bytes.count + 2) / 3 * 4 + lines * endLength
        output.append(contentsOf: repeatElement(0, count: length))
        bytes.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { letters in
                guard let input = input.baseAddress, var place = letters.baseAddress else { return }
                place += start
                var offset = 0
                while offset < bytes.count {
                    let count = min(bytes.count - offset, lineOctets)
                    // Ends what it writes with a zero octet: the line's end takes its place.
                    place += Int(EVP_EncodeBlock(place, input + offset, Int32(count)))
                    place.update(from: lineEnd.utf8Start, count: endLength)
                    place += endLength
                    offset += count
                }
            }
        }
    }
}
