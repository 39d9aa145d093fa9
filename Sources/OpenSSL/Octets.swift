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
