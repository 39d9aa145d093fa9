import CBOR
import Testing

@Suite struct CBORDecoderTests {
    @Test(arguments: [
        ("c24101", "2(h'01')"),
        ("c2490001020304050607ff", "2(h'0001020304050607ff')"),
        ("c349ffffffffffffffffff", "-4722366482869645213696"),
        ("c24a01000000000000000000", "4722366482869645213696"),
        ("5fff", "''_"), ("7fff", "\"\"_"), ("bfff", "{_ }"),
        ("f90000", "0.0"), ("fb3e7ad7f29abcaf48", "1.0e-7"), ("fb3e112e0be826d695", "1.0e-9"),
        ("fb3f1a36e2eb1c432d", "0.0001"), ("fbbee4f8b588e368f1", "-0.00001"),
        ("fb3eb0c6f7a0b5ed8d", "0.000001"),
        ("fb4341c37937e08000", "1.0e+16"), ("fa3f8ccccd", "1.100000023841858"),
        ("6b0a0d0922091b5b316d7f22", #""\n\r\t\"\t\u001b[1m\u007f\"""#),
        ("63e280ae", #""\u202e""#), ("6100", #""\u0000""#),
        ("a201020102", "{1: 2, 1: 2}"), ("1800", "0"), ("e3", "simple(3)"), ("f7", "undefined"),
        ("d9d9f78120", "55799([-1])"), ("826161bfa0f6ff", #"["a", {_ {}: null}]"#),
    ]) func printsDiagnosticNotation(hex: String, notation: String) throws {
        #expect(try CBORDecoder().decode(bytes(hex)).diagnosticNotation == notation)
    }

    @Test func keepsWhatTheEncodingSays() throws {
        let item = try CBORDecoder().decode(bytes("9f 5f4101ff 7f6161ff bf0120ff c100 f97c01 e1 f8ff ff"))
        let one = try #require(CBORSimpleValue(1))
        let last = try #require(CBORSimpleValue(255))
        #expect(
            item
                == .indefiniteArray([
                    .byteStringChunks([[1]]), .textStringChunks(["a"]),
                    .indefiniteMap([CBORItem.Pair(.unsigned(1), .negative(0))]),
                    .tagged(1, .unsigned(0)), .float(.half(bitPattern: 0x7c01)), .simple(one),
                    .simple(last),
                ]))
    }

    @Test func comparesByEncoding() {
        #expect(CBORItem.textString("\u{e9}") != .textString("e\u{301}"))
        #expect(CBORItem.float(.half(bitPattern: 0x7e00)) == .float(.half(bitPattern: 0x7e00)))
        #expect(CBORItem.float(.half(bitPattern: 0x3c00)) != .float(.single(bitPattern: 0x3f80_0000)))
        #expect(CBORSimpleValue(20) == nil && CBORSimpleValue(31) == nil && CBORSimpleValue(32) != nil)
    }

    @Test func keepsFloatBits() throws {
        for hex in ["f97c01", "f9fe01", "fa7f800001", "fb7ff0000000000001", "f90001", "f983ff"] {
            #expect(try CBORDecoder().decode(bytes(hex)).encode() == bytes(hex))
        }
    }

    @Test func boundsDepth() throws {
        for opening in ["81", "9f", "c1", "a100"] {
            let deepest = bytes(String(repeating: opening, count: 128) + "00")
            let complete = opening == "9f" ? deepest + [UInt8](repeating: 0xff, count: 128) : deepest
            #expect(try CBORDecoder().decode(complete).encode() == complete)
            for count in [129, 10_000] {
                let error = decodeError(bytes(String(repeating: opening, count: count) + "00"), .general)
                let offset = 128 * opening.count / 2
                #expect(error == CBORError(offset: offset, reason: .tooDeep(limit: 128)))
            }
        }
    }

    @Test func boundsItems() throws {
        let options = CBORDecoder.Options(maximumDepth: 2, maximumItems: 4, isStrict: false)
        #expect(try CBORDecoder(options).decode(bytes("83000000")).encode() == bytes("83000000"))
        #expect(
            decodeError(bytes("8400000000"), options)
                == CBORError(offset: 4, reason: .tooManyItems(limit: 4)))
        #expect(
            decodeError(bytes("7f6060606060ff"), options)
                == CBORError(offset: 4, reason: .tooManyItems(limit: 4)))
        let million = bytes("9a000f423f") + [UInt8](repeating: 0, count: 999_999)
        #expect(try CBORDecoder().decode(million).encode() == million)
        let more = bytes("9a000f4240") + [UInt8](repeating: 0, count: 1_000_000)
        #expect(
            decodeError(more, .general)
                == CBORError(offset: 1_000_004, reason: .tooManyItems(limit: 1_000_000)))
    }

    @Test func refusesChunksOfAnotherKind() {
        let cases: [(String, Int, UInt8)] = [
            ("5f6100ff", 1, 0x61), ("7f4100ff", 1, 0x41), ("7f7f6100ffff", 1, 0x7f),
            ("5f410100ff", 3, 0x00),
        ]
        for (hex, offset, found) in cases {
            #expect(
                decodeError(bytes(hex), .general)
                    == CBORError(offset: offset, reason: .invalidChunk(found: found)))
        }
        // A character may not be split between chunks (RFC 8949 §3.2.3).
        #expect(
            decodeError(bytes("7f61c361bcff"), .general) == CBORError(offset: 2, reason: .invalidUTF8))
    }
}
