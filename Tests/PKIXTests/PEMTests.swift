import Foundation
import TestSupport
import Testing

@testable import PKIX

@Suite struct PEMTests {
    private let block = "-----BEGIN X-----\nAQID\n-----END X-----\n"

    private func error(_ text: String) -> PEMError? {
        do throws(PEMError) {
            _ = try PEMDocument(Array(text.utf8))
            return nil
        } catch { return error }
    }

    @Test func roundTrip() throws {
        var generator = SplitMix64(seed: 2)
        for count in Array(1...200) + [4096, 65_537] {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = PEMWriter.encode(label: "CERTIFICATE", der: bytes)
            let expected = Data(bytes).base64EncodedString(options: [
                .lineLength64Characters, .endLineWithLineFeed,
            ])
            #expect(
                String(decoding: text, as: UTF8.self)
                    == "-----BEGIN CERTIFICATE-----\n\(expected)\n-----END CERTIFICATE-----\n")
            #expect(try PEMDocument(text).single("CERTIFICATE") == bytes)
        }
    }

    @Test func writesLinesAsTheyStandInJSON() {
        for count in [1, 47, 48, 49, 500] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            var output = Array("{".utf8)
            PEMWriter.append(label: "X", der: bytes, lineEnd: .escapedLineFeed, to: &output)
            let plain = String(decoding: PEMWriter.encode(label: "X", der: bytes), as: UTF8.self)
            #expect(
                String(decoding: output, as: UTF8.self)
                    == "{" + plain.replacingOccurrences(of: "\n", with: "\\n"))
        }
    }

    @Test func toleratesLayout() throws {
        for text in [
            "-----BEGIN X-----\r\nAQ\r\nID\r\n-----END X-----\r\n",
            "-----BEGIN X-----\nAQID\n-----END X-----",
            "\n\n-----BEGIN X-----  \n\nA\nQID \n\n-----END X-----\t\n\n",
        ] {
            let document = try PEMDocument(Array(text.utf8))
            #expect(try document.single("X") == [1, 2, 3])
            #expect(!document.hasTextOutside)
        }
    }

    @Test func reportsTextAndLines() throws {
        let document = try PEMDocument(Array("subject\n\(block)\n\n\(block)issuer".utf8))
        #expect(document.entries.map(\.line) == [2, 7])
        #expect(document.hasTextOutside)
        #expect(throws: PEMError(line: 7, "expected one PEM block, found 2")) { try document.single("X") }
    }

    @Test(arguments: [
        ("-----BEGIN X-----\nAQID\n", 1, "block has no END line"),
        ("-----BEGIN X-----\nAQID\n-----END Y-----\n", 3, "END line does not match the BEGIN line"),
        ("-----BEGIN X-----\nAQID\n-----END X----\n", 3, "END line does not match the BEGIN line"),
        ("-----BEGIN X----\nAQID\n-----END X-----\n", 1, "BEGIN line is damaged"),
        ("-----BEGIN -----\nAQID\n-----END -----\n", 1, "BEGIN line is damaged"),
        ("-----END X-----\n", 1, "END line without a BEGIN line"),
        ("-----BEGIN X-----\nAQ!D\n-----END X-----\n", 2, "expected base64, found octet 21"),
        ("-----BEGIN X-----\nProc-Type: 4\n\nAQID\n-----END X-----\n", 2, "expected base64, found octet 2d"),
        ("\n-----BEGIN X-----\nAQID\nAQ=\n-----END X-----\n", 4, "base64 padding is wrong"),
        ("-----BEGIN X-----\nAQ\n-----END X-----\n", 3, "base64 is cut short or lacks padding"),
        (
            "-----BEGIN X-----\nAR==\n-----END X-----\n", 2,
            "spare bits before the base64 padding are not zero"
        ),
        ("-----BEGIN X-----\nAQ==\nAQID\n-----END X-----\n", 3, "found data after the base64 padding"),
        ("-----BEGIN X-----\n=\n-----END X-----\n", 2, "base64 padding is wrong"),
        ("-----BEGIN X-----\n-----END X-----\n", 2, "block is empty"),
        (
            "-----BEGIN X-----\nAQID\n-----BEGIN X-----\nAQID\n-----END X-----\n", 3,
            "expected base64 or the END line"
        ),
    ])
    func refuses(text: String, line: Int, reason: String) {
        #expect(error(text) == PEMError(line: line, reason))
    }

    @Test func goesOnAfterMalformedBlocks() throws {
        let text = Array("-----BEGIN X-----\nAQID\n\(block)-----END X-----\n\(block)".utf8)
        var scanner = PEMScanner()
        var found: [String] = []
        scan: while true {
            switch scanner.next(in: text, isLast: true) {
            case .block(let block): found.append("block \(block.line)")
            case .malformed(let error, _): found.append("malformed \(error.line)")
            case .end: break scan
            case .more: Issue.record("the whole file was given")
            }
        }
        #expect(found == ["malformed 3", "block 3", "malformed 6", "block 7"])
    }

    @Test(arguments: [1, 2, 3, 7, 16, 64, 1000])
    func readsInPieces(size: Int) throws {
        let text = Array("intro\n\(block)\n-----BEGIN Y-----\nBAUG\r\n-----END Y-----\r\nrest\n\(block)".utf8)
        var scanner = PEMScanner()
        var buffer: [UInt8] = []
        var given = 0
        var found: [(String, [UInt8], Int, Bool)] = []
        scan: while true {
            switch scanner.next(in: buffer, isLast: given == text.count) {
            case .block(let block):
                found.append((block.label, try block.decode(in: buffer), block.line, block.followsText))
            case .more(let from):
                buffer.removeFirst(from)
                scanner.discard(from)
                buffer += text[given..<min(given + size, text.count)]
                given = min(given + size, text.count)
            case .malformed(let error, _): Issue.record("\(error)")
            case .end(let followsText):
                #expect(!followsText)
                break scan
            }
        }
        #expect(found.map(\.0) == ["X", "Y", "X"])
        #expect(found.map(\.1) == [[1, 2, 3], [4, 5, 6], [1, 2, 3]])
        #expect(found.map(\.2) == [2, 6, 10])
        #expect(found.map(\.3) == [true, false, true])
    }

    @Test func boundsBlocksAndLines() {
        let long = "-----BEGIN X-----\n" + String(repeating: "AAAA\n", count: 50) + "-----END X-----\n"
        var scanner = PEMScanner(limit: 100)
        guard case .malformed(let error, _) = scanner.next(in: Array(long.utf8), isLast: true) else {
            Issue.record("expected a refusal")
            return
        }
        #expect(error == PEMError(line: 1, "block is longer than 100 octets"))
        var piecewise = PEMScanner(limit: 100)
        let step = piecewise.next(in: [UInt8](repeating: 0x41, count: 200), isLast: false)
        #expect(step == .malformed(PEMError(line: 1, "line is longer than 100 octets"), 0..<200))
    }
}
