import Foundation
import TestSupport
import Testing

/// Files in which inputs of all forms stand among other text: every line has a result or is counted as passed over.
@Suite struct MixedInputTests {
    private enum Kind: CaseIterable {
        case genuine, forged, answer, forgedAnswer, quoted, inLog, inComment, row, object, noise, blank
    }

    private struct Line {
        let text: String
        let kind: Kind

        /// Whether it has the shape of an input.
        var isInput: Bool { kind != .noise && kind != .blank }
        /// Whether a verdict of `verified` would be wrong, whatever the format.
        var isForged: Bool {
            // Rows and objects name another device than the token is of.
            [.forged, .forgedAnswer, .row, .object].contains(kind)
        }
    }

    private static let uuid = "50363154-3931-44f0-8022-000000000000"
    private static let noise = [
        "OK", "AT%ATTESTTOKEN", "+CME ERROR: 518", "*** Booting nRF Connect SDK v2.9.0 ***", "# comment",
        "[00:00:01.234,567] <inf> modem: ready", "-- 8< --", "uart:~$ at at+cfun=4",
    ]

    /// What is taken in by a verb: a token, how a modem calls it, and where a letter of it may be spoilt.
    private enum Subject {
        case attestation, request

        var file: String {
            self == .attestation ? "tokens/attestation-nrf9160.txt" : "tokens/keygen-csr-nrf91x1.txt"
        }
        var answer: String { self == .attestation ? "%ATTESTTOKEN" : "%KEYGEN" }

        func token() throws -> String {
            try String(contentsOf: TestPaths.fixtures.appendingPathComponent(file), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// Behind the signature that is verified: that of the token, or of the request in its first part.
        func end(of letters: [Character]) -> Int {
            self == .attestation ? letters.count : letters.firstIndex(of: ".") ?? letters.count
        }
    }

    private static func lines(_ random: inout SplitMix64, _ subject: Subject = .attestation) throws -> [Line]
    {
        let token = try subject.token()
        let kinds = Kind.allCases.filter { _ in Bool.random(using: &random) }
        return (0..<Int.random(in: 1...40, using: &random)).map { _ in
            let kind = kinds.randomElement(using: &random) ?? .forged
            var letters = Array(token)
            let end = subject.end(of: letters)
            letters[end - Int.random(in: 4...60, using: &random)] = "A"
            letters[end - Int.random(in: 4...60, using: &random)] = "B"
            let forged = String(letters)
            let text =
                switch kind {
                case .genuine: token
                case .forged: forged
                case .answer: "\(subject.answer): \"\(token)\""
                case .forgedAnswer: "[00:01] \(subject.answer): \"\(forged)\"\r"
                case .quoted: "\"\(token)\""
                case .inLog: "[00:02] token is '\(token)'"
                case .inComment: "# \(token)"
                case .row: "352656100367872,\(uuid),\(token),2026-01-15T09:30:00Z"
                case .object: "{\"deviceUuid\":\"\(uuid)\",\"token\":\"\(token)\"}"
                case .noise: noise.randomElement(using: &random) ?? "OK"
                case .blank: ""
                }
            return Line(text: text, kind: kind)
        }
    }

    private func results(
        _ arguments: [String], _ input: String, lineMember: [String]
    ) throws -> (results: [(line: Int, isGood: Bool)], passedOver: Int, text: String) {
        let outcome = try ChildProcess(
            [TestPaths.binary.path] + arguments, in: FileManager.default.temporaryDirectory,
            environment: ["PATH": "/usr/bin:/bin"], input: Data(input.utf8)
        ).run()
        let errors = String(decoding: outcome.standardError, as: UTF8.self)
        let results = try outcome.standardOutput.split(separator: 0x0a).map {
            line -> (line: Int, isGood: Bool) in
            let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
            let place = lineMember.dropLast().reduce(object) { $0[$1] as? [String: Any] ?? [:] }
            let verdict = object["verdict"] as? String ?? object["status"] as? String
            return (
                try #require(place[lineMember[lineMember.count - 1]] as? Int),
                verdict == "verified" || verdict == "ready"
            )
        }
        let passed = errors.firstMatch(of: /; (\d+) lines? passed over/).flatMap { Int($0.1) } ?? 0
        return (results, passed, errors)
    }

    private func check(
        _ arguments: [String], _ lines: [Line], lineMember: [String], _ note: String
    ) throws {
        let input = lines.map { $0.text + "\n" }.joined()
        let found = try results(arguments, input, lineMember: lineMember)
        let filled = lines.count { $0.kind != .blank }
        #expect(found.results.count + found.passedOver == filled, "\(note)\n\(found.text)\n\(input)")
        for (index, line) in lines.enumerated() where line.isInput {
            let here = found.results.filter { $0.line == index + 1 }
            #expect(here.count == 1, "\(note), line \(index + 1)\n\(found.text)\n\(input)")
            if line.isForged { #expect(!here.contains { $0.isGood }, "\(note), line \(index + 1)\n\(input)") }
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>, ["auto", "lines", "csv", "at"])
    func everyTokenHasAResult(seed: UInt64, format: String) throws {
        var random = SplitMix64(seed: seed)
        let lines = try Self.lines(&random)
        let keys = TestPaths.fixtures.appendingPathComponent("keys.csv").path
        try check(
            ["token", "verify", "--json", "--keys", keys, "--format", format, "-"], lines,
            lineMember: ["input", "line"], "token verify, seed \(seed), \(format)")
    }

    @Test(arguments: 0..<12 as Range<UInt64>, ["auto", "lines", "csv", "at", "jsonl"])
    func everyClaimHasAResult(seed: UInt64, format: String) throws {
        var random = SplitMix64(seed: seed)
        let lines = try Self.lines(&random)
        let keys = TestPaths.fixtures.appendingPathComponent("keys.csv").path
        try check(
            ["claim", "check", "--json", "--keys", keys, "--format", format, "-"], lines, lineMember: ["row"],
            "claim check, seed \(seed), \(format)")
    }

    @Test(arguments: 0..<12 as Range<UInt64>, ["auto", "lines", "csv", "at", "jsonl"])
    func everyRequestHasAResult(seed: UInt64, format: String) throws {
        var random = SplitMix64(seed: seed)
        let lines = try Self.lines(&random, .request)
        try check(
            ["csr", "verify", "--json", "--format", format, "-"], lines, lineMember: ["input", "line"],
            "csr verify, seed \(seed), \(format)")
    }
}
