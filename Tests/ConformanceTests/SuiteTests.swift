import Conformance
import Foundation
import TestSupport
import Testing

@Suite struct SuiteTests {
    /// What a suite says about one of its cases.
    private struct Expectation {
        let caseID: String
        let expected: String
        let level: String
        let output: NSDictionary?
    }

    private struct Counts {
        var right = 0
        var skipped = 0
        var otherwise: [String] = []
    }

    @Test(
        .needs(!Suites.names.isEmpty, or: TestPaths.noVectors),
        arguments: Suites.names)
    func everyMustCaseIsJudgedAsExpected(suite: String) throws {
        let expectations = try read(suite)
        let started = Date()
        let outcome = try Program.run([Suites.path(suite)])
        let elapsed = Date().timeIntervalSince(started)
        #expect(outcome.status == 0)
        #expect(outcome.standardError.isEmpty)
        #expect(elapsed < 20)
        let results = try Result.list(outcome.standardOutput)
        try #require(results.count == expectations.count)

        var must = Counts()
        var may = Counts()
        for (expectation, result) in zip(expectations, results) {
            #expect(result.suite == suite)
            #expect(result.caseID == expectation.caseID)
            if expectation.level == "must" {
                count(expectation, result, in: &must)
            } else {
                count(expectation, result, in: &may)
            }
        }
        #expect(must.otherwise == [])
        #expect(
            must.right + must.skipped + may.right + may.skipped + may.otherwise.count == expectations.count)
        print(
            "\(suite): must \(must.right) right, \(must.skipped) skipped; "
                + "may \(may.right) right, \(may.skipped) skipped, \(may.otherwise.count) decided otherwise")
        for line in may.otherwise { print("  \(line)") }
    }

    private func read(_ suite: String) throws -> [Expectation] {
        let data = try Data(contentsOf: URL(fileURLWithPath: Suites.path(suite)))
        let cases = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        return try cases.map { element in
            Expectation(
                caseID: try #require(element["case_id"] as? String),
                expected: try #require(element["expected"] as? String),
                level: try #require(element["level"] as? String), output: element["output"] as? NSDictionary)
        }
    }

    private func count(_ expectation: Expectation, _ result: Result, in counts: inout Counts) {
        if result.verdict == "skip" {
            let isDocumented = result.feature.map { UnsupportedFeature.reasons[$0] == result.reason }
            #expect(
                isDocumented == true, "\(result.suite) \(result.caseID): \(result.feature ?? "no feature")")
            counts.skipped += 1
            return
        }
        if result.verdict == "reject" { #expect(result.reason?.isEmpty == false) }
        let verdictFits =
            expectation.expected == "no-crash"
            ? result.verdict == "accept" || result.verdict == "reject"
            : result.verdict == expectation.expected
        guard verdictFits else {
            counts.otherwise.append(
                "\(result.caseID): expected \(expectation.expected), found \(result.verdict) "
                    + (result.reason ?? "")
            )
            return
        }
        if result.verdict == "accept", let expected = expectation.output, !agrees(result.output, expected) {
            counts.otherwise.append("\(result.caseID): output differs")
            return
        }
        counts.right += 1
    }

    /// Whether each member that the suite names is there with the same value; further ones may be there.
    private func agrees(_ output: NSDictionary?, _ expected: NSDictionary) -> Bool {
        guard let output else { return false }
        return expected.allKeys.allSatisfy { key in
            (output[key] as? NSObject)?.isEqual(expected[key]) == true
        }
    }

    @Test(.needs(!Suites.names.isEmpty, or: TestPaths.noVectors))
    func allSuitesInOneRun() throws {
        let started = Date()
        let outcome = try Program.run(Suites.names.map(Suites.path))
        let elapsed = Date().timeIntervalSince(started)
        #expect(outcome.status == 0)
        #expect(elapsed < 30)
        let results = try Result.list(outcome.standardOutput)
        #expect(results.count == (try Suites.names.reduce(0) { $0 + (try read($1)).count }))
        #expect(results.contains { $0.verdict == "accept" } && results.contains { $0.verdict == "reject" })
    }
}
