import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct ReadmeTests {
    @Test func exitStatusesAreThoseOfTheProgram() throws {
        let file = TestPaths.root.appendingPathComponent("README.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
            .drop { $0 != "| status | meaning |" }.dropFirst(2).prefix { $0.hasPrefix("|") }
        #expect(Array(rows) == ExitStatus.allCases.map { "| \($0.rawValue) | \($0.meaning) |" })
    }

    /// The documents name files that are there.
    @Test(arguments: [
        "README.md", "CONTRIBUTING.md", "Sources/README.md", "Tests/TestSupport/README.md",
        "fixtures/README.md",
    ])
    func filesThatAreNamedExist(_ document: String) throws {
        let text = try String(contentsOf: TestPaths.root.appendingPathComponent(document), encoding: .utf8)
        let names = text.matches(
            of: /[`(]((?:Sources|Tests|scripts|fixtures|man|schemas)(?:\/[A-Za-z0-9_.+-]+)+)[`)]/
        ).map { String($0.1) }.filter { !$0.contains(/NOUN|NAME|-N\./) }
        try #require(!names.isEmpty)
        let missing = names.filter {
            !FileManager.default.fileExists(atPath: TestPaths.root.appendingPathComponent($0).path)
        }
        #expect(missing == [])
    }

    @Test func examplesPrintWhatTheyShow() throws {
        let file = TestPaths.root.appendingPathComponent("README.md")
        let page = ConsolePage(markdown: try String(contentsOf: file, encoding: .utf8))
        try #require(!page.steps.isEmpty)
        let results = try page.run()
        for (step, result) in zip(page.steps, results)
        where !ConsolePage.matches(result.lines, expected: step.output) || result.outcome.endedBySignal {
            let difference = TextDifference.describe(
                expected: step.output.joined(separator: "\n"), found: result.lines.joined(separator: "\n"))
            Issue.record("README.md:\(step.line): $ \(step.command)\n\(difference)")
        }
        if TestPaths.isRecording {
            let outputs = zip(page.steps, results).map { step, result in
                ConsolePage.matches(result.lines, expected: step.output) ? step.output : result.lines
            }
            try page.markdown(outputs: outputs).write(to: file, atomically: true, encoding: .utf8)
            Issue.record("recorded; run again without ASSAY_RECORD")
        }
    }
}
