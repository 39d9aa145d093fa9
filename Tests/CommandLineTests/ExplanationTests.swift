import Diagnostics
import Foundation
import TestSupport
import Testing

/// `assay explain` knows every code that the program prints.
@Suite struct ExplanationTests {
    private struct Entry: Decodable {
        let code: String
        let meaning: String
        let causes: [String]
        let remedy: String
        /// None of what a modem says.
        let exitStatus: Int?
    }

    private func explained() throws -> [Entry] {
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        let outcome = try ChildProcess(
            [TestPaths.binary.path, "explain", "--json"], in: work,
            environment: ScriptRunner().environment(work: work)
        ).run()
        try #require(outcome.status == 0)
        return try outcome.standardOutput.split(separator: 0x0a).map {
            try JSONDecoder().decode(Entry.self, from: Data($0))
        }
    }

    /// The codes of the rules for certificates and lists, as they stand in the sources.
    private func lintCodes() throws -> [String] {
        var codes: [String] = []
        let sources = TestPaths.root.appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            codes += text.matches(of: /LintRule\(\s*"([a-z0-9-]+)"/).map { String($0.1) }
        }
        return codes
    }

    @Test func everyCodeIsExplained() throws {
        let codes = try explained().map(\.code)
        let rules = try lintCodes()
        #expect(rules.count > 50)
        #expect(Set(codes).count == codes.count)
        let numbers = codes.filter { $0.hasPrefix("cme-") }
        #expect(numbers.count == 13)
        #expect(Set(codes).subtracting(numbers) == Set(ErrorCode.allCases.map(\.rawValue) + rules))
        #expect(try explained().filter { $0.exitStatus == nil }.map(\.code) == numbers)
    }

    @Test func explanationsAreSentences() throws {
        for entry in try explained() {
            #expect(!entry.causes.isEmpty, "\(entry.code)")
            for text in [entry.meaning, entry.remedy] + entry.causes {
                #expect(text.hasSuffix("."), "\(entry.code): \(text)")
            }
        }
    }
}
