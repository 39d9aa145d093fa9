import CBOR
import Testing

@Suite struct CBORReaderTests {
    @Test func readsEachType() throws {
        let input = bytes("d9d9f7 86 01 20 43 010203 62 c3bc f6 a1 04 4121")
        var reader = CBORReader(input)
        #expect(try reader.readTagIfPresent(18) == false)
        #expect(try reader.readTagIfPresent(55799))
        #expect(try reader.readArrayHeader() == 6)
        #expect(try reader.readUnsigned() == 1)
        #expect(try reader.readInteger() == -1)
        #expect(try reader.readByteString() == 7..<10)
        #expect(try reader.readTextString() == 11..<13)
        #expect(reader.isNextNull())
        try reader.readNull()
        #expect(reader.peekMajorType() == 5)
        #expect(try reader.readMapHeader() == 1)
        #expect(try reader.readInteger() == 4)
        #expect(try reader.readByteString() == 17..<18)
        #expect(reader.isAtEnd)
        #expect(reader.peekMajorType() == nil)
        #expect(reader.isNextNull() == false)
        try reader.expectEnd()
    }

    @Test func readsIntegersToTheirBounds() throws {
        let cases: [(String, Int64)] = [
            ("00", 0), ("17", 23), ("1818", 24), ("18ff", 255), ("190100", 256), ("19ffff", 65535),
            ("1a00010000", 65536), ("1affffffff", 4_294_967_295), ("1b0000000100000000", 4_294_967_296),
            ("1b7fffffffffffffff", .max), ("20", -1), ("37", -24), ("3818", -25),
            ("3b7fffffffffffffff", .min),
        ]
        for (hex, value) in cases {
            var reader = CBORReader(bytes(hex))
            #expect(try reader.readInteger() == value, "\(hex)")
            #expect(reader.isAtEnd)
        }
        var largest = CBORReader(bytes("1bffffffffffffffff"))
        #expect(try largest.readUnsigned() == .max)
    }

    @Test func staysInsideItsRange() throws {
        let input = bytes("ff 43 010203 ff")
        var reader = CBORReader(input, range: 1..<5)
        #expect(try reader.readByteString() == 2..<5)
        try reader.expectEnd()
        var short = CBORReader(input, range: 1..<4)
        let error = cborError { () throws(CBORError) in _ = try short.readByteString() }
        #expect(error == CBORError(offset: 1, reason: .truncated(needed: 3, available: 2)))
        for range in [-1..<2, 0..<7, 7..<9, Int.min..<Int.max] {
            let empty = CBORReader(input, range: range)
            #expect(empty.isAtEnd && empty.offset == 0)
        }
    }

    @Test func leavesTheReaderInPlaceAfterAnError() throws {
        var reader = CBORReader(bytes("01 62 c328"))
        #expect(cborError { () throws(CBORError) in try reader.readNull() } != nil)
        #expect(reader.offset == 0)
        #expect(try reader.readUnsigned() == 1)
        #expect(
            cborError { () throws(CBORError) in _ = try reader.readTextString() }
                == CBORError(offset: 2, reason: .invalidUTF8))
        #expect(reader.offset == 1)
        #expect(
            cborError { () throws(CBORError) in try reader.expectEnd() }
                == CBORError(offset: 1, reason: .trailingBytes(3)))
    }
}
