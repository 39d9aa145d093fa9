import DeviceIdentity
import Foundation
import TestSupport
import Testing

@testable import Labels
@testable import QRCode

/// Labels as octets: the same every time, whole, and nothing in them that a reader takes for markup.
@Suite struct LabelTests {
    private static let uuid = "50363154-3931-44f0-8022-121b6401627d"

    private static func label(token: String? = nil, imei: String? = "351358811111118") throws -> DeviceLabel {
        do {
            return try DeviceLabel(
                uuid: try DeviceUUID(text: uuid), imei: imei.flatMap { IMEI(text: $0) },
                token: token.map { Array($0.utf8) })
        } catch QRCode.Fault.libraryMissing {
            try Skip.test("libqrencode4 is not installed")
        }
    }

    @Test func payloadsAreRowsOfTokens() throws {
        let uuid = try DeviceUUID(text: Self.uuid)
        let imei = try #require(IMEI(text: "351358811111118"))
        let payload = { (imei: IMEI?, token: String?) in
            String(decoding: DeviceLabel.payload(uuid, imei, token.map { Array($0.utf8) }), as: UTF8.self)
        }
        #expect(payload(imei, nil) == "351358811111118,\(Self.uuid)")
        #expect(payload(nil, nil) == ",\(Self.uuid)")
        #expect(payload(imei, "a.b") == "351358811111118,\(Self.uuid),a.b,")
        #expect(payload(nil, "a.b") == ",\(Self.uuid),a.b,")
    }

    /// ISO/IEC 18004: three finder patterns, a dark module in its place, sizes of 17 + 4 × version.
    @Test(arguments: [1, 14, 15, 180, 500, 2_331])
    func codesAreWellFormed(_ count: Int) throws {
        let code: QRCode
        do {
            code = try QRCode(encoding: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) })
        } catch QRCode.Fault.libraryMissing {
            try Skip.test("libqrencode4 is not installed")
        }
        #expect((code.size - 17) % 4 == 0)
        for (top, left) in [(0, 0), (0, code.size - 7), (code.size - 7, 0)] {
            for row in 0..<7 {
                for column in 0..<7 {
                    let ring = max(abs(row - 3), abs(column - 3))
                    #expect(code.isDark(row: top + row, column: left + column) == (ring != 2))
                }
            }
        }
        #expect(code.isDark(row: code.size - 8, column: 8))
        #expect(!code.isDark(row: -1, column: 0) && !code.isDark(row: 0, column: code.size))
        for row in 0..<code.size {
            let fromRuns = code.darkRuns(row: row).flatMap { Array($0) }
            #expect(fromRuns == (0..<code.size).filter { code.isDark(row: row, column: $0) })
        }
    }

    @Test func whatDoesNotFitIsNoTrap() {
        #expect(throws: QRCode.Fault.unfit) { try QRCode(encoding: []) }
        #expect(throws: QRCode.Fault.unfit) { try QRCode(encoding: [UInt8](repeating: 0, count: 2_332)) }
    }

    @Test func theSameLabelIsTheSameOctets() throws {
        let (first, second) = (try Self.label(token: "a.b"), try Self.label(token: "a.b"))
        #expect(LabelSVG.document(first) == LabelSVG.document(second))
        #expect(LabelPNG.document(first) == LabelPNG.document(second))
        let sheets = [first, second].map { label in
            var sheet = LabelSheet()
            for _ in 0..<30 { sheet.add(label) }
            return sheet.finish()
        }
        #expect(sheets[0] == sheets[1])
    }

    /// Every character of a label has a picture, and the pictures differ.
    @Test func theFontHasWhatLabelsHave() throws {
        let all = Set("0123456789abcdef-UUIDIMEI")
        let glyphs = try all.map { try #require(LabelFont.rows(of: $0)) }
        #expect(Set(glyphs).count == all.count)
        #expect(glyphs.allSatisfy { $0.count == 7 && $0.allSatisfy { $0 < 32 } })
        #expect(LabelFont.rows(of: "z") == nil)
    }

    @Test func textIsNoMarkup() {
        #expect(LabelSVG.escaped("a<b>&\"\u{0}\u{1b}\u{ffff}é\n") == "a&lt;b&gt;&amp;&quot;é\n")
        #expect(LabelSheet.escaped("a(b)\\\u{0}\u{1b}é ~") == "a\\(b\\)\\\\ ~")
    }

    @Test func numbersHaveNoLocale() {
        let numbers: [(Double, String)] = [
            (0, "0"), (1, "1"), (0.5, "0.50"), (-0.05, "-0.05"), (12.345, "12.35"), (-3, "-3"), (0.999, "1"),
        ]
        for (number, text) in numbers { #expect(LabelNumber.text(number) == text) }
    }

    /// RFC 1950 and ISO/IEC 15948 give these values.
    @Test func checksumsAreTheStandards() {
        #expect(Checksum.crc32(Array("123456789".utf8)) == 0xcbf4_3926)
        #expect(Checksum.crc32(Array("IEND".utf8)) == 0xae42_6082)
        #expect(Checksum.adler32(Array("Wikipedia".utf8)) == 0x11e6_0398)
        #expect(Checksum.adler32([]) == 1)
    }

    /// A picture of more than one stored block, read back block by block.
    @Test func picturesAreStoredWhole() throws {
        var picture = Picture(width: 1_001, height: 700)
        picture.fill(-5..<3, -5..<2)
        picture.fill(1_000..<1_010, 699..<800)
        let png = picture.png(pixelsPerMetre: 20_000)
        #expect(png.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
        let lines = try Self.inflate(png)
        #expect(lines.count == 700 * 127)
        #expect(Array(lines[0..<3]) == [0, 0b0001_1111, 0xff])
        #expect(Array(lines[127..<130]) == [0, 0b0001_1111, 0xff])
        #expect(Array(lines[254..<257]) == [0, 0xff, 0xff])
        #expect(Array(lines.suffix(2)) == [0xff, 0b0111_1111])
    }

    /// The lines of a PNG of stored blocks.
    private static func inflate(_ png: [UInt8]) throws -> [UInt8] {
        func number(_ place: Int) -> Int { png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        var place = 8
        var data: [UInt8] = []
        while place < png.count {
            let length = number(place)
            let type = String(decoding: png[place + 4..<place + 8], as: UTF8.self)
            #expect(
                UInt32(number(place + 8 + length))
                    == Checksum.crc32(Array(png[place + 4..<place + 8 + length])))
            if type == "IDAT" { data += png[place + 8..<place + 8 + length] }
            place += 12 + length
        }
        var lines: [UInt8] = []
        var block = 2
        while true {
            let length = Int(data[block + 1]) | Int(data[block + 2]) << 8
            lines += data[block + 5..<block + 5 + length]
            let isLast = data[block] == 1
            block += 5 + length
            if isLast { break }
        }
        let sum = data[block..<block + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(sum == Checksum.adler32(lines))
        return lines
    }

    /// Taken page by page it is the document that it is taken at once, and each object is where the table says.
    @Test(arguments: [0, 1, 18, 19, 40])
    func sheetsAreWhole(_ count: Int) throws {
        let label = try Self.label()
        var whole = LabelSheet()
        var pieces = LabelSheet()
        var taken: [UInt8] = []
        for _ in 0..<count {
            whole.add(label)
            pieces.add(label)
            taken += pieces.take()
        }
        let document = whole.finish()
        #expect(taken + pieces.finish() == document)
        let text = String(decoding: document, as: Unicode.ASCII.self)
        let pages = max(1, (count + LabelSheet.capacity - 1) / LabelSheet.capacity)
        #expect(text.contains("/Type /Pages /Count \(pages) "))
        let start = try #require(text.split(separator: "\n").dropLast().last.flatMap { Int($0) })
        #expect(Array(document[start..<start + 4]) == Array("xref".utf8))
        let table = String(decoding: document[start...], as: UTF8.self).split(separator: "\n")
        #expect(table[1] == "0 \(4 + 2 * pages)")
        for number in 1..<(4 + 2 * pages) {
            let offset = try #require(Int(table[2 + number].prefix(10)))
            let head = Array("\(number) 0 obj\n".utf8)
            #expect(Array(document[offset..<offset + head.count]) == head)
        }
    }
}
