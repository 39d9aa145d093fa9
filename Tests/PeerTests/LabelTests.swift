import Foundation
import TestFleet
import TestSupport
import Testing

/// What others read on labels: zbar the codes, poppler the sheets, libpng's checker the pictures, xmllint's like the SVG.
@Suite struct LabelTests {
    private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]

    private func run(_ folder: WorkFolder, _ arguments: [String], input: Data = Data()) throws -> String {
        var arguments = arguments
        if arguments[0] == "assay" { arguments[0] = TestPaths.binary.path }
        let outcome = try ChildProcess(
            arguments, in: folder.url, environment: Self.environment, input: input
        ).run()
        try #require(
            outcome.status == 0, "\(arguments): \(String(decoding: outcome.standardError, as: UTF8.self))")
        return String(decoding: outcome.standardOutput, as: UTF8.self)
    }

    /// What the codes of pictures hold, sorted.
    private func scan(_ folder: WorkFolder, _ pictures: [String]) throws -> [String] {
        try run(folder, ["zbarimg", "--quiet", "--raw"] + pictures).split(separator: "\n").map(String.init)
            .sorted()
    }

    private static func rows(_ folder: WorkFolder) throws -> [String] {
        let token = try String(
            contentsOf: TestPaths.fixtures.appendingPathComponent("attestation_tokens.csv"), encoding: .utf8)
        try folder.write(token, to: "tokens.csv")
        return token.split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).prefix(3).joined(separator: ",")
        }
    }

    @Test func picturesAreRead() throws {
        try Meeting.demand("zbarimg")
        let folder = try WorkFolder()
        let row = try #require(try Self.rows(folder).first)
        _ = try run(folder, ["assay", "device", "label", "tokens.csv", "-o", "plain.png"])
        let uuid = row.split(separator: ",").prefix(2).joined(separator: ",")
        #expect(try scan(folder, ["plain.png"]) == [uuid])
        _ = try run(folder, ["assay", "device", "label", "tokens.csv", "--with-token", "-o", "token.png"])
        #expect(try scan(folder, ["token.png"]) == [row + ","])
        // What a scanner types is a file that claims the device.
        let typed = try scan(folder, ["token.png"]).joined(separator: "\n") + "\n"
        let checked = try run(
            folder, ["assay", "claim", "check", "--json", "-"], input: Data(typed.utf8))
        #expect(checked.contains(#""status":"ready""#))
    }

    /// Three pages of codes, scanned from what poppler makes of them; the text beside them read too.
    @Test func sheetsAreRead() throws {
        try Meeting.demand("zbarimg", "pdftoppm", "pdftotext")
        let folder = try WorkFolder()
        let devices = (1...40).map { "50363154-3931-44f0-8022-0000000000\($0 < 10 ? "0" : "")\($0)" }
        try folder.write("uuid\n" + devices.joined(separator: "\n") + "\n", to: "devices.csv")
        _ = try run(folder, ["assay", "device", "label", "devices.csv", "-o", "sheet.pdf"])
        _ = try run(folder, ["pdftoppm", "-r", "200", "-png", "sheet.pdf", "page"])
        #expect(try scan(folder, ["page-1.png", "page-2.png", "page-3.png"]) == devices.map { ",\($0)" })
        let text = try run(folder, ["pdftotext", "-raw", "sheet.pdf", "-"])
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        let halves = devices.flatMap { [String($0.prefix(19)), String($0.dropFirst(19))] }
        #expect(words.filter { $0 != "UUID" } == halves)
        #expect(words.count { $0 == "UUID" } == 40)
    }

    @Test func documentsAreSound() throws {
        let folder = try WorkFolder()
        _ = try Self.rows(folder)
        for name in ["label.svg", "label.png", "label.pdf"] {
            _ = try run(folder, ["assay", "device", "label", "tokens.csv", "-o", name])
        }
        try Meeting.demand("python3", "pngfix", "pdfinfo")
        let parse =
            "import sys, xml.dom.minidom; print(xml.dom.minidom.parse(sys.argv[1]).documentElement.tagName)"
        #expect(try run(folder, ["python3", "-c", parse, "label.svg"]) == "svg\n")
        #expect(try run(folder, ["pngfix", "label.png"]).contains("IDAT OK"))
        let facts = try run(folder, ["pdfinfo", "label.pdf"])
        #expect(facts.contains("Pages:           1\n"), "\(facts)")
        #expect(facts.contains("595.28 x 841.89 pts (A4)"), "\(facts)")
    }
}
