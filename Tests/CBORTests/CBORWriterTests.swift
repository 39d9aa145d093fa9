import CBOR
import Testing

@Suite struct CBORWriterTests {
    @Test func writesShortestHeads() {
        let cases: [(UInt64, String)] = [
            (0, "00"), (23, "17"), (24, "1818"), (255, "18ff"), (256, "190100"), (65535, "19ffff"),
            (65536, "1a00010000"), (4_294_967_295, "1affffffff"), (4_294_967_296, "1b0000000100000000"),
            (.max, "1bffffffffffffffff"),
        ]
        for (value, hex) in cases {
            var unsigned = CBORWriter()
            unsigned.unsigned(value)
            #expect(unsigned.bytes == bytes(hex))
            var negative = CBORWriter()
            negative.negative(value)
            #expect(negative.bytes == bytes(hex, majorType: 1))
            var tag = CBORWriter()
            tag.tag(value)
            #expect(tag.bytes == bytes(hex, majorType: 6))
            guard let count = Int(exactly: value) else { continue }
            var array = CBORWriter()
            array.arrayHeader(count)
            #expect(array.bytes == bytes(hex, majorType: 4))
            var map = CBORWriter()
            map.mapHeader(count)
            #expect(map.bytes == bytes(hex, majorType: 5))
        }
    }

    @Test func writesIntegersBySign() {
        var writer = CBORWriter(reservingCapacity: -1)
        for value: Int64 in [0, -1, 24, -25, .max, .min] { writer.integer(value) }
        #expect(writer.bytes == bytes("00 20 1818 3818 1b7fffffffffffffff 3b7fffffffffffffff"))
    }

    @Test func writesTheRest() {
        var writer = CBORWriter(reservingCapacity: 16)
        writer.byteString([1, 2, 3])
        writer.byteString([9, 1, 2][1...])
        writer.byteString(CollectionOfOne(UInt8(7)))
        writer.textString("ü水")
        writer.null()
        writer.bool(false)
        writer.bool(true)
        writer.arrayHeader(-1)
        writer.mapHeader(.min)
        #expect(writer.bytes == bytes("43010203 420102 4107 65c3bce6b0b4 f6 f4 f5 80 a0"))
        writer.removeAll(keepingCapacity: true)
        #expect(writer.bytes.isEmpty)
    }

    @Test func writesLongStrings() {
        for (count, head) in [(24, "5818"), (256, "590100"), (65536, "5a00010000")] {
            let content = [UInt8](repeating: 0x61, count: count)
            var writer = CBORWriter()
            writer.byteString(content)
            #expect(writer.bytes == bytes(head) + content)
            writer.removeAll()
            writer.textString(String(repeating: "a", count: count))
            #expect(writer.bytes == bytes(head, plus: 0x20) + content)
        }
    }

    @Test func writesTheDeviceIdentityMessage() {
        var writer = CBORWriter()
        writer.tag(55799)
        writer.arrayHeader(5)
        writer.unsigned(1)
        for _ in 0..<2 {
            writer.byteString([UInt8](repeating: 0xab, count: 16))
            writer.unsigned(3)
        }
        let block = "50" + String(repeating: "ab", count: 16)
        #expect(writer.bytes == bytes("d9d9f78501" + block + "03" + block + "03"))
    }

    private func bytes(_ hex: String, majorType: UInt8) -> [UInt8] {
        bytes(hex, plus: majorType << 5)
    }

    private func bytes(_ hex: String, plus summand: UInt8 = 0) -> [UInt8] {
        var result = CBORTests.bytes(hex)
        result[0] += summand
        return result
    }
}
