import CBOR
import Testing

/// What strict mode refuses, and where. The reader's `skipItem` and the strict decoder follow one table.
@Suite struct StrictTableTests {
    struct Refusal: CustomTestStringConvertible {
        let hex: String
        let offset: Int
        let reason: CBORError.Reason
        var testDescription: String { hex }

        init(_ hex: String, _ offset: Int, _ reason: CBORError.Reason) {
            self.hex = hex
            self.offset = offset
            self.reason = reason
        }
    }

    static let accepted = [
        "00", "1818", "3bffffffffffffffff", "40", "43010203", "63e6b0b4", "80", "8301820203820405", "a0",
        "a201020304", "a2016161206162", "d28443a10126a1044121f640", "d9d9f783014101f6", "f4", "f5", "f6",
        "f7", "f0", "f8ff", "f93c00", "fb3ff199999999999a", "a2810180820180f6", "a1f6f6",
        String(repeating: "81", count: 16) + "00", String(repeating: "c1", count: 16) + "00",
    ]

    static let refusals: [Refusal] = [
        Refusal("", 0, .endOfInput),
        Refusal("81", 0, .countExceedsInput(count: 1, available: 0)),
        Refusal("c1", 1, .endOfInput),
        Refusal("18", 0, .truncated(needed: 1, available: 0)),
        Refusal("1901", 0, .truncated(needed: 2, available: 1)),
        Refusal("811a010203", 1, .truncated(needed: 4, available: 3)),
        Refusal("1b01020304050607", 0, .truncated(needed: 8, available: 7)),
        Refusal("430102", 0, .truncated(needed: 3, available: 2)),
        Refusal("8163c3bc", 1, .truncated(needed: 3, available: 2)),
        Refusal("5bffffffffffffffff00", 0, .truncated(needed: .max, available: 1)),
        Refusal("7b8000000000000000", 0, .truncated(needed: 1 << 63, available: 0)),
        Refusal("1817", 0, .notShortest),
        Refusal("1900ff", 0, .notShortest),
        Refusal("1a0000ffff", 0, .notShortest),
        Refusal("1b00000000ffffffff", 0, .notShortest),
        Refusal("3800", 0, .notShortest),
        Refusal("580100", 0, .notShortest),
        Refusal("81780161", 1, .notShortest),
        Refusal("980100", 0, .notShortest),
        Refusal("b8010000", 0, .notShortest),
        Refusal("d81200", 0, .notShortest),
        Refusal("5f4100ff", 0, .indefiniteLength),
        Refusal("7f6100ff", 0, .indefiniteLength),
        Refusal("9fff", 0, .indefiniteLength),
        Refusal("81bfff", 1, .indefiniteLength),
        Refusal("1c", 0, .reservedAdditionalInformation(28)),
        Refusal("3d", 0, .reservedAdditionalInformation(29)),
        Refusal("815e", 1, .reservedAdditionalInformation(30)),
        Refusal("1f", 0, .reservedAdditionalInformation(31)),
        Refusal("df00", 0, .reservedAdditionalInformation(31)),
        Refusal("fc", 0, .reservedAdditionalInformation(28)),
        Refusal("f81f", 0, .reservedSimpleValue(31)),
        Refusal("f800", 0, .reservedSimpleValue(0)),
        Refusal("ff", 0, .unexpectedBreak),
        Refusal("8200ff", 2, .unexpectedBreak),
        Refusal("9a20000000", 0, .countExceedsInput(count: 1 << 29, available: 0)),
        Refusal("9a2000000000", 0, .countExceedsInput(count: 1 << 29, available: 1)),
        Refusal("9bffffffffffffffff", 0, .countExceedsInput(count: .max, available: 0)),
        Refusal("bb7fffffffffffffff", 0, .countExceedsInput(count: 1 << 63 - 1, available: 0)),
        Refusal("a2010203", 0, .countExceedsInput(count: 2, available: 3)),
        Refusal("62c328", 1, .invalidUTF8),
        Refusal("6461eda080", 2, .invalidUTF8),
        Refusal("62c080", 1, .invalidUTF8),
        Refusal("63e08080", 1, .invalidUTF8),
        Refusal("64f0808080", 1, .invalidUTF8),
        Refusal("64f4908080", 1, .invalidUTF8),
        Refusal("64f5808080", 1, .invalidUTF8),
        Refusal("6180", 1, .invalidUTF8),
        Refusal("62e6b0", 1, .invalidUTF8),
        Refusal("64e6b0b4ff", 4, .invalidUTF8),
        Refusal("a201000100", 3, .duplicateKey),
        Refusal("a3616100616200616100", 7, .duplicateKey),
        Refusal("81a2810100810100", 5, .duplicateKey),
        Refusal("0000", 1, .trailingBytes(1)),
        Refusal("8000", 1, .trailingBytes(1)),
        Refusal(String(repeating: "81", count: 17) + "00", 16, .tooDeep(limit: 16)),
        Refusal(String(repeating: "81", count: 10_000) + "00", 16, .tooDeep(limit: 16)),
        Refusal(String(repeating: "c1", count: 17) + "00", 16, .tooDeep(limit: 16)),
        Refusal(String(repeating: "a100", count: 17) + "00", 32, .tooDeep(limit: 16)),
    ]

    @Test(arguments: accepted) func accepts(hex: String) throws {
        let input = bytes(hex)
        #expect(skipError(input) == nil)
        #expect(try CBORDecoder(.strict).decode(input).encode() == input)
    }

    @Test(arguments: refusals) func refuses(_ refusal: Refusal) {
        let input = bytes(refusal.hex)
        let expected = CBORError(offset: refusal.offset, reason: refusal.reason)
        #expect(skipError(input) == expected)
        #expect(decodeError(input, .strict) == expected)
    }

    @Test func refusesEveryTruncation() {
        let whole = bytes(
            "d284 43a10126 a1044121 84 1903e8 63e6b0b4 fb3ff199999999999a a10020 420102")
        #expect(skipError(whole) == nil)
        #expect(decodeError(whole, .strict) == nil)
        for length in 0..<whole.count {
            let cut = Array(whole[..<length])
            #expect(skipError(cut) != nil)
            #expect(decodeError(cut, .strict) != nil)
            #expect(decodeError(cut, .general) != nil)
        }
    }

    @Test func refusesOtherTypes() {
        func check(
            _ hex: String, _ expected: CBORError.Kind, _ read: (inout CBORReader) throws(CBORError) -> Void
        ) {
            let input = bytes(hex)
            var reader = CBORReader(input)
            let error = cborError { () throws(CBORError) in try read(&reader) }
            let reason = CBORError.Reason.unexpectedType(expected: expected, found: input[0])
            #expect(error == CBORError(offset: 0, reason: reason))
            #expect(reader.offset == 0)
        }
        check("20", .unsignedInteger) { r throws(CBORError) in _ = try r.readUnsigned() }
        check("40", .integer) { r throws(CBORError) in _ = try r.readInteger() }
        check("60", .byteString) { r throws(CBORError) in _ = try r.readByteString() }
        check("40", .textString) { r throws(CBORError) in _ = try r.readTextString() }
        check("a0", .array) { r throws(CBORError) in _ = try r.readArrayHeader() }
        check("80", .map) { r throws(CBORError) in _ = try r.readMapHeader() }
        check("00", .tag) { r throws(CBORError) in _ = try r.readTag() }
        check("f7", .null) { r throws(CBORError) in try r.readNull() }
        check("16", .null) { r throws(CBORError) in try r.readNull() }
    }

    @Test func refusesIntegersBeyond64Bits() {
        for hex in ["1b8000000000000000", "3b8000000000000000", "1bffffffffffffffff", "3bffffffffffffffff"] {
            var reader = CBORReader(bytes(hex))
            let error = cborError { () throws(CBORError) in _ = try reader.readInteger() }
            #expect(error == CBORError(offset: 0, reason: .integerOutOfRange))
        }
    }

    @Test func saysWhatWasExpectedAndFound() {
        var reader = CBORReader(bytes("8163616263"), range: 1..<5)
        let error = cborError { () throws(CBORError) in _ = try reader.readByteString() }
        #expect(error?.message == "expected a byte string, found a text string at byte 1")
        #expect(
            decodeError(bytes("9a20000000"), .general)?.message
                == "expected no more elements than the input can hold, found 536870912 declared with "
                + "0 bytes left at byte 0")
    }
}
