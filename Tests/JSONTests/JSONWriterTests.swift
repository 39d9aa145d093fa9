import JSON
import TestSupport
import Testing

@Suite struct JSONWriterTests {
    @Test func writesEveryKindOfValueWithCommasInPlace() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.token/1")
        writer.key("empty" as String)
        writer.beginObject()
        writer.endObject()
        writer.key("list")
        writer.beginArray()
        writer.integer(Int64.min)
        writer.integer(-1)
        writer.integer(0)
        writer.integer(10)
        writer.unsigned(UInt64.max)
        writer.bool(true)
        writer.bool(false)
        writer.null()
        writer.beginArray()
        writer.endArray()
        writer.beginArray()
        writer.string("")
        writer.endArray()
        writer.endArray()
        writer.key("hex")
        writer.hex([0x00, 0x0f, 0xa0, 0xff])
        writer.key("raw")
        writer.raw(Array("[1,2]".utf8))
        writer.key("last")
        writer.string("x")
        writer.endObject()
        writer.newline()
        writer.beginArray()
        writer.endArray()
        writer.newline()
        let expected =
            #"{"schema":"assay.token/1","empty":{},"list":[-9223372036854775808,-1,0,10,"#
            + #"18446744073709551615,true,false,null,[],[""]],"hex":"000fa0ff","raw":[1,2],"last":"x"}"#
            + "\n[]\n"
        #expect(text(writer.bytes) == expected)
        writer.removeAll()
        #expect(writer.bytes.isEmpty)
        writer.integer(7)
        #expect(text(writer.bytes) == "7")
    }

    @Test(arguments: [
        ("plain", #""plain""#),
        ("\"\\/", #""\"\\/""#),
        ("\u{8}\u{9}\u{a}\u{c}\u{d}", #""\b\t\n\f\r""#),
        ("\u{0}\u{1f}\u{7f}", #""\u0000\u001f\u007f""#),
        ("a\u{80}\u{9f}b", #""a\u0080\u009fb""#),
        ("\u{2028}\u{2029}\u{202e}\u{2066}\u{feff}\u{ad}", #""\u2028\u2029\u202e\u2066\ufeff\u00ad""#),
        ("Größe 測試 🐢", #""Größe 測試 🐢""#),
        ("\u{e0001}x", #""\udb40\udc01x""#),
        ("é\"é", #""é\"é""#),
    ])
    func escapesWhatRFC8259DemandsAndWhatATerminalMustNotSee(input: String, expected: String) throws {
        var writer = JSONWriter()
        writer.string(input)
        #expect(text(writer.bytes) == expected)
        #expect(try JSONValue(parsing: writer.bytes) == .string(input))
        writer.removeAll()
        writer.string(asciiBytes: Array(input.utf8))
        #expect(text(writer.bytes) == expected)
        writer.removeAll()
        writer.beginObject()
        writer.key(input)
        writer.null()
        writer.endObject()
        #expect(text(writer.bytes) == "{" + expected + ":null}")
    }

    @Test func repairsBytesThatAreNotUTF8() {
        var writer = JSONWriter()
        writer.string(asciiBytes: [0x61, 0xff, 0xc3, 0x22])
        #expect(text(writer.bytes) == "\"a\u{fffd}\u{fffd}\\\"\"")
    }

    @Test(arguments: [0, 1, 127, 128, 129, 1000])
    func hexAgreesForEveryKindOfSequence(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let digits = Array("0123456789abcdef")
        let expected = "\"" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) + "\""
        var whole = JSONWriter()
        whole.hex(bytes)
        var slice = JSONWriter()
        slice.hex(([9] + bytes)[1...])
        var lazy = JSONWriter()
        lazy.hex(bytes.lazy.map { $0 })
        #expect(text(whole.bytes) == expected)
        #expect(text(slice.bytes) == expected)
        #expect(text(lazy.bytes) == expected)
    }

    /// Eight bytes are looked at together: each byte at each place among them, with plain ones around it.
    @Test func everyByteIsEscapedWhereverItStands() throws {
        for byte in UInt8(0)..<0x80 {
            let plain = byte >= 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x5c
            for place in 0..<20 {
                var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 20)
                bytes[place] = byte
                var writer = JSONWriter()
                writer.string(text(bytes))
                #expect((writer.bytes == [0x22] + bytes + [0x22]) == plain)
                #expect(try JSONValue(parsing: writer.bytes) == .string(text(bytes)))
                var other = JSONWriter()
                other.string(asciiBytes: bytes)
                #expect(other.bytes == writer.bytes)
            }
        }
    }

    @Test func takesTextThatIsEscapedAlready() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.string(escaped: { _ in })
        writer.string(escaped: { $0 += Array(#"a\nb"#.utf8) })
        writer.endArray()
        #expect(text(writer.bytes) == #"["","a\nb"]"#)
    }

    @Test func everyStringComesBackFromTheReader() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                let bound: UInt32 = [0x80, 0x100, 0x3000, 0x110000].randomElement(using: &random) ?? 0x80
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<bound, using: &random)) {
                    scalars.append(scalar)
                }
            }
            var writer = JSONWriter()
            writer.string(String(scalars))
            #expect(try JSONValue(parsing: writer.bytes) == .string(String(scalars)))
            let unsafe = text(writer.bytes).unicodeScalars.contains {
                [.control, .format, .lineSeparator, .paragraphSeparator].contains(
                    $0.properties.generalCategory)
            }
            #expect(!unsafe)
        }
    }
}
