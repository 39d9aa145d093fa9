import Diagnostics
import Foundation
import TestSupport
import Testing

/// The manual and the completions follow from the commands; these tests fail when somebody forgot `make docs`.
@Suite struct ManualTests {
    static let manual = TestPaths.root.appendingPathComponent("man")

    @Test func pagesAreFresh() throws {
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        let fresh = work.appendingPathComponent("man")
        let generator = TestPaths.root.appendingPathComponent("scripts/generate-manual").path
        // Builds without the service have no pages of it to compare.
        let hasService = FileManager.default.isExecutableFile(atPath: TestPaths.service.path)
        for program in [TestPaths.binary] + (hasService ? [TestPaths.service] : []) {
            let outcome = try run([generator, program.path, fresh.path], in: work)
            try #require(outcome.status == 0, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        }
        let expected = try pages(in: fresh)
        let found = try pages(in: Self.manual).filter { hasService || !$0.key.hasSuffix(".8") }
        #expect(!expected.isEmpty)
        let stale = Set(expected.keys).union(found.keys).filter { expected[$0] != found[$0] }.sorted()
        #expect(stale.isEmpty, "stale: \(stale.joined(separator: " ")); run: make docs")
    }

    /// The generator and the hand-written page hold the table as text; it has to be the program's.
    @Test(arguments: ["assay.1", "assay-formats.5"])
    func exitStatusesAreThoseOfTheProgram(_ page: String) throws {
        let expected = ExitStatus.allCases.flatMap { [".It \($0.rawValue)", $0.meaning] }
        #expect(try list(in: "EXIT STATUS", of: page) == expected)
    }

    @Test func reasonCodesAreThoseOfTheProgram() throws {
        let expected = ErrorCode.allCases.flatMap { [".It Li \($0.rawValue)", $0.explanation.meaning] }
        #expect(try list(in: "REASON CODES", of: "assay-formats.5") == expected)
    }

    @Test func pagesAreSoundMdoc() throws {
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        guard ChildProcess.find("mandoc", in: ScriptRunner().environment(work: work), from: work) != nil
        else {
            try Skip.test("mandoc is not installed")
        }
        for name in try pages(in: Self.manual).keys.sorted() + ["assay-formats.5"] {
            let file = Self.manual.appendingPathComponent(name).path
            let outcome = try run(["mandoc", "-T", "lint", "-W", "warning", file], in: work)
            let findings = String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
            #expect(outcome.status == 0 && findings.isEmpty, "\(findings)")
        }
    }

    @Test(arguments: [("bash", "bash -n"), ("zsh", "zsh -n"), ("fish", "fish -n")])
    func completionsAreGeneratedAndParse(_ shell: String, check: String) throws {
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        let outcome = try run([TestPaths.binary.path, "--generate-completion-script", shell], in: work)
        #expect(outcome.status == 0)
        let script = String(decoding: outcome.standardOutput, as: UTF8.self)
        // A verb, a reason code, a profile, a reason for revoking.
        for word in ["verify", "csr-signature", "device-minimal", "keyCompromise"] {
            #expect(script.contains(word), "\(word)")
        }
        guard ChildProcess.find(shell, in: ScriptRunner().environment(work: work), from: work) != nil else {
            try Skip.test("\(shell) is not installed")
        }
        let file = work.appendingPathComponent("completion")
        try outcome.standardOutput.write(to: file)
        let parsed = try run(check.split(separator: " ").map(String.init) + [file.path], in: work)
        #expect(parsed.status == 0, "\(String(decoding: parsed.standardError, as: UTF8.self))")
    }

    /// The lines of the list in a section of a page.
    private func list(in section: String, of page: String) throws -> [String] {
        let text = try String(contentsOf: Self.manual.appendingPathComponent(page), encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex(of: ".Sh " + section))
        return Array(lines[start...].drop { !$0.hasPrefix(".Bl ") }.dropFirst().prefix { $0 != ".El" })
    }

    private func run(_ arguments: [String], in work: URL) throws -> ProcessOutcome {
        try ChildProcess(arguments, in: work, environment: ScriptRunner().environment(work: work)).run()
    }

    private func pages(in folder: URL) throws -> [String: String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".1") || $0.hasSuffix(".8") }
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
            })
    }
}
