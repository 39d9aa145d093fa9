import Foundation
import JSON
import JWT
import TestSupport
import Testing

/// Published suites, each case once; what is skipped and why is counted.
@Suite(.needsVectors)
struct JWSConformanceTests {
    struct Outcome: Equatable {
        var judged = 0
        /// HS256 is not supported by design: its accept cases.
        var skipped = 0
        /// Cases of level `may` in which this tool decided otherwise.
        var deviating: [String] = []
    }

    @Test func wycheproof() throws {
        #expect(
            try run("wycheproof-jws")
                == Outcome(
                    judged: 387, skipped: 8,
                    // A key for PS256 makes no PS384 signatures; ES521 is no registered name; `?` is not base64url.
                    deviating: ["tc346", "tc347", "tc350", "tc351", "tc372", "tc373"]))
    }

    @Test func rfc7515() throws {
        #expect(try run("rfc7515") == Outcome(judged: 5))
    }

    @Test func joseCookbook() throws {
        #expect(try run("jose-cookbook") == Outcome(judged: 4, skipped: 1))
    }

    private func run(_ suite: String) throws -> Outcome {
        let file = try #require(TestPaths.vectors).appendingPathComponent("\(suite)/cases.json")
        let cases = try JSONValue(parsing: Array(Data(contentsOf: file)))
        var outcome = Outcome()
        for element in try JSONNode(cases).elements() {
            let name = try element.member("case_id").string()
            let inputs = try element.member("inputs")
            let expected = try element.member("expected").string()
            let requires = try element.member("requires").elements().map { try $0.string() }
            let verdict = try verify(inputs)
            guard try element.member("level").string() == "must" else {
                if (verdict != nil) != (expected == "accept") { outcome.deviating.append(name) }
                continue
            }
            if expected == "accept", requires.contains("alg:HS256") {
                #expect(verdict == nil, "\(suite) \(name)")
                outcome.skipped += 1
                continue
            }
            #expect((verdict != nil) == (expected == "accept"), "\(suite) \(name)")
            if let payload = element.value["output"]?["payload_b64"]?.stringValue, let verdict {
                #expect(Data(verdict) == Data(base64Encoded: payload), "\(suite) \(name)")
            }
            outcome.judged += 1
        }
        return outcome
    }

    /// The payload of an accepted token.
    private func verify(_ inputs: JSONNode) throws -> [UInt8]? {
        var time: Int64?
        if try inputs.member("claims").string() == "check" {
            let text = try inputs.member("time").string()
            time = Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970)
        }
        let text = Array(try inputs.member("jwt").string().utf8)
        return try? JWSConformance.verify(
            text, jwks: inputs.value["jwks"],
            keyPEM: inputs.value["key_pem"]?.stringValue.map { Array($0.utf8) }, claimsAt: time
        ).get()
    }
}
