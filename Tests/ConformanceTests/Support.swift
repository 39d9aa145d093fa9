import Foundation
import TestSupport
import Testing

/// The program that judges cases, and what it printed.
enum Program {
    static let path: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: tests).deletingLastPathComponent()
            .appendingPathComponent("assay-conformance")
        if FileManager.default.isExecutableFile(atPath: beside.path) { return beside.path }
        return TestPaths.root.appendingPathComponent(".build/debug/assay-conformance").path
    }()

    static func run(_ arguments: [String], input: Data = Data()) throws -> ProcessOutcome {
        try ChildProcess(
            [path] + arguments, in: TestPaths.root, environment: [:], input: input, limit: 60
        ).run()
    }

    /// Judges cases given as JSON text; one result a case.
    static func judge(_ cases: String) throws -> [Result] {
        let outcome = try run(["-"], input: Data(cases.utf8))
        #expect(outcome.status == 0)
        return try Result.list(outcome.standardOutput)
    }

    /// Judges one case.
    static func judge(_ operation: String, _ inputs: [String: Any], requires: [String] = []) throws -> Result
    {
        let element: [String: Any] = [
            "suite": "s", "case_id": "c", "operation": operation, "inputs": inputs, "requires": requires,
        ]
        let text = try JSONSerialization.data(withJSONObject: [element])
        return try #require(try judge(String(decoding: text, as: UTF8.self)).first)
    }
}

/// One line that the program printed.
struct Result {
    let suite: String
    let caseID: String
    let verdict: String
    let output: NSDictionary?
    let reason: String?
    let feature: String?

    static func list(_ lines: Data) throws -> [Result] {
        try lines.split(separator: 0x0a).map { line in
            let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
            return Result(
                suite: try #require(object["suite"] as? String),
                caseID: try #require(object["case_id"] as? String),
                verdict: try #require(object["verdict"] as? String),
                output: object["output"] as? NSDictionary,
                reason: object["reason"] as? String, feature: object["feature"] as? String)
        }
    }
}

/// The suites at hand.
enum Suites {
    static let names: [String] = {
        guard let folder = TestPaths.vectors,
            let entries = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        else { return [] }
        return entries.filter { FileManager.default.fileExists(atPath: path($0)) }.sorted()
    }()

    static func path(_ suite: String) -> String {
        TestPaths.vectors?.appendingPathComponent("\(suite)/cases.json").path ?? ""
    }
}
