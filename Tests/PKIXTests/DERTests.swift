import TestSupport
import Testing

@testable import PKIX

@Suite struct DERReaderTests {
    private func reason(_ hex: String) -> String? {
        var reader = DERReader(octets(hex))
        do throws(DERError) {
            _ = try reader.next()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(arguments: [
        ("", "expected an element, found the end"), ("30", "expected an element, found the end"),
        ("1f8100", "expected a tag number below 31, found the high-tag-number form"),
        ("0000", "expected a tag, found end-of-contents octets"),
        ("308000", "expected a definite length, found an indefinite one"),
        ("3081", "length cut short"), ("308101", "expected the shortest length form"),
        ("30817f", "expected the shortest length form"), ("3082007f", "expected the shortest length form"),
        ("308200ff", "expected the shortest length form"),
        ("3085ffffffffff", "expected a length of at most 4 octets, found 5"),
        ("30ffffffffff", "expected a length of at most 4 octets, found 127"),
        ("3084ffffffff", "expected 4294967295 octets of contents, found 0"),
        ("3001", "expected 1 octets of contents, found 0"),
    ])
    func refusesHeaders(hex: String, expected: String) { #expect(reason(hex) == expected) }

    @Test func goesIntoElementsAndLeavesThem() throws {
        var reader = DERReader(octets("30 06 02 01 05 04 01 aa 05 00"))
        let outerEnd = try reader.descend(.sequence, "outer")
        #expect(throws: DERError(2, "expected the end of outer, found 6 octets")) {
            try reader.leave(outerEnd, "outer")
        }
        #expect(try reader.smallInteger("number") == 5)
        #expect(try reader.octetString("octets") == 7..<8)
        #expect(throws: DERError(8, "expected null, found the end")) { try reader.null("null") }
        try reader.leave(outerEnd, "outer")
        try reader.null("null")
        try reader.finish("input")
        #expect(throws: DERError(10, "expected more, found the end")) {
            try reader.descend(.sequence, "more")
        }
        // A number that is not from descend reaches no further than the input.
        try reader.leave(.max, "input")
        #expect(reader.end == 10)
    }

    @Test func readsElementsByRange() throws {
        var reader = DERReader(octets("30 06 02 01 05 04 01 aa 05 00"))
        var inner = try reader.enter(.sequence, "outer")
        #expect(try inner.smallInteger("number") == 5)
        #expect(try inner.octetString("octets") == 7..<8)
        #expect(inner.isAtEnd)
        try reader.null("null")
        try reader.finish("input")
        #expect(throws: DERError(10, "expected number, found the end")) { try reader.integer("number") }
    }

    @Test(arguments: [
        "0200", "02020001", "0202ff80", "0101", "010101", "01020000", "03020100", "0300", "030108",
        "03020801",
        "030101", "03020103", "0500 00", "050100", "0600", "06012a80", "0602802a", "06022a86",
    ])
    func refusesValues(hex: String) {
        var reader = DERReader(octets(hex))
        #expect(throws: DERError.self) {
            switch octets(hex)[0] {
            case 1: _ = try reader.boolean("value")
            case 2: _ = try reader.integer("value")
            case 3: _ = try reader.octetAlignedBitString("value")
            case 5: try reader.null("value")
            default: _ = try reader.objectIdentifier("value")
            }
            try reader.finish("value")
        }
    }

    @Test func readsValues() throws {
        var reader = DERReader(octets("010100 0101ff 02020080 0203800000 0304067f8040 06032a8648"))
        #expect(try reader.boolean("first") == false)
        #expect(try reader.boolean("second") == true)
        #expect(try reader.integer("third").count == 2)
        #expect(try reader.integer("fourth").count == 3)
        let bits = try reader.bitString("fifth")
        #expect(bits.unusedBits == 6)
        #expect(reader.copy(bits.bits) == [0x7F, 0x80, 0x40])
        #expect(try reader.objectIdentifier("sixth").description == "1.2.840")
        try reader.finish("input")
    }

    @Test func boundsNesting() throws {
        let deep = octets("3008 3006 3004 3002 3000")
        var reader = DERReader(deep)
        #expect(throws: DERError(6, "structure is nested too deeply")) {
            try reader.checkWellFormed(depth: 3)
        }
        var enough = DERReader(deep)
        try enough.checkWellFormed(depth: 5)
    }

    @Test(arguments: [
        ("2.5.4.3", "550403"), ("1.2.840.113549.1.1.11", "2a864886f70d01010b"), ("2.999.1", "883701"),
        ("0.39", "27"), ("1.3.6.1.4.1.311.2.1.14", "2b0601040182370201 0e"),
    ])
    func objectIdentifiers(text: String, hex: String) throws {
        let oid = try #require(OID(text))
        #expect(oid.content == octets(hex))
        #expect(oid.description == text)
        #expect(OID(content: octets(hex)) == oid)
    }

    @Test(arguments: [
        "", "1", "3.1", "1.40", "1..2", "1.02", "1.2.x", "1.2.99999999999999999999", ".1.2", "1.2.",
    ])
    func refusesObjectIdentifiers(text: String) { #expect(OID(text) == nil) }

    @Test func describesHugeArcs() throws {
        let oid = try #require(OID(content: [0x2A] + [UInt8](repeating: 0xFF, count: 12) + [0x7F]))
        #expect(oid.description == "1.2.?")
    }
}

@Suite struct DERTimeTests {
    private func read(_ tag: UInt8, _ text: String) -> Int64? {
        let bytes = [tag, UInt8(text.utf8.count)] + Array(text.utf8)
        var reader = DERReader(bytes)
        guard let element = try? reader.next() else { return nil }
        return try? DERTime.seconds(reader, element)
    }

    @Test func reads() {
        #expect(read(0x17, "700101000000Z") == 0)
        #expect(read(0x17, "500101000000Z") == DERTime.earliest)
        #expect(read(0x17, "491231235959Z") == DERTime.firstGeneralized - 1)
        #expect(read(0x18, "20500101000000Z") == DERTime.firstGeneralized)
        #expect(read(0x18, "99991231235959Z") == DERTime.latest)
        #expect(read(0x17, "240229120000Z") == 1_709_208_000)
        #expect(read(0x18, "00000101000000Z") == -62_167_219_200)
    }

    @Test(arguments: [
        "7001010000Z", "700101000000", "700101000000+0000", "701301000000Z", "700001000000Z", "700100000000Z",
        "700132000000Z", "230229000000Z", "700101240000Z", "700101006000Z", "700101000060Z", "70010100000:Z",
    ])
    func refusesUTCTime(text: String) { #expect(read(0x17, text) == nil) }

    @Test(arguments: ["19700101000000.5Z", "197001010000Z", "21000229000000Z", "700101000000Z"])
    func refusesGeneralizedTime(text: String) { #expect(read(0x18, text) == nil) }

    @Test func writesWhatItReads() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let seconds = Int64.random(in: DERTime.earliest...DERTime.latest, using: &generator)
            var writer = DERWriter()
            writer.time(seconds)
            var reader = DERReader(writer.bytes)
            let element = try reader.next()
            #expect((element.tag == .utcTime) == (seconds < DERTime.firstGeneralized))
            #expect(try DERTime.seconds(reader, element) == seconds)
        }
    }
}

@Suite struct DERWriterTests {
    @Test func widensLengths() throws {
        for count in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            var writer = DERWriter()
            writer.sequence { $0.octetString([UInt8](repeating: 7, count: count)) }
            var reader = DERReader(writer.bytes)
            var inner = try reader.enter(.sequence, "outer")
            #expect(try inner.octetString("inner").count == count)
            try inner.finish("outer")
            try reader.finish("input")
        }
    }

    @Test func writesIntegersAndSets() {
        var writer = DERWriter()
        writer.unsignedInteger([0, 0, 0x80])
        writer.unsignedInteger([0, 0])
        writer.unsignedInteger([0x7F])
        writer.setOf([[5, 0], [2, 1, 1], [2, 1, 0]])
        writer.bitString([0xA0], unusedBits: 5)
        #expect(writer.bytes == octets("02020080 020100 02017f 3108 020100 020101 0500 030205a0"))
    }
}
