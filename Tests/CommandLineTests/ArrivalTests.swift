import Foundation
import TestSupport
import Testing

/// The same bytes have the same answers, whether they are a file or come by a pipe: at once, line by line, byte by byte.
@Suite struct ArrivalTests {
    enum Manner: CaseIterable { case atOnce, byLine, byByte }

    struct Corpus: Sendable, CustomStringConvertible {
        let description: String
        let arguments: [String]
        let text: String
        /// The summary that a file of it has.
        let summary: String
    }

    private static let keys = TestPaths.fixtures.appendingPathComponent("keys.csv").path
    private static let verify = ["token", "verify", "--json", "--keys", keys, "-"]
    private static let check = ["claim", "check", "--json", "--keys", keys, "-"]
    private static let requests = ["csr", "verify", "--json", "-"]
    private static let uuid = "50363154-3931-44f0-8022-121b6401627d"

    private static func fixture(_ name: String) -> String {
        ((try? String(contentsOf: TestPaths.fixtures.appendingPathComponent(name), encoding: .utf8)) ?? "")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let token = fixture("tokens/attestation-nrf9160.txt")
    private static let keygen = fixture("tokens/keygen-csr-nrf91x1.txt")
    private static let pem: String = {
        let outcome = try? run(["token", "inspect", "--json", keygen], Data())
        let record = outcome.flatMap { try? JSONSerialization.jsonObject(with: $0.output) as? [String: Any] }
        return ((record?["csr"] as? [String: Any])?["pem"] as? String) ?? ""
    }()

    private static let corpora: [Corpus] = {
        let answer = "%ATTESTTOKEN: \"\(token)\""
        let row = "352656100367872,\(uuid),\(token),2026-01-15T09:30:00Z"
        let object = "{\"deviceUuid\":\"\(uuid)\",\"token\":\"\(token)\"}"
        func lines(_ lines: String...) -> String { lines.joined(separator: "\n") + "\n" }
        return [
            Corpus(
                description: "a log that begins with noise", arguments: verify,
                text: lines("*** Booting ***", "", "hello", "AT%ATTESTTOKEN", answer, "OK", answer, "bye"),
                summary: "2 tokens: 2 verified; 5 lines passed over"),
            Corpus(
                description: "a list that begins with a comment", arguments: verify,
                text: lines("# made by x", token, "noise", answer, row, object),
                summary: "6 tokens: 2 verified, 4 malformed; reasons: 4 token-format"),
            Corpus(
                description: "a header after a comment", arguments: verify,
                text: lines("# made by x", "imei,uuid,token,time", row, token, "x"),
                summary: "4 tokens: 2 verified, 2 malformed; reasons: 2 csv"),
            Corpus(
                description: "a header of one column", arguments: verify, text: lines("token", token, token),
                summary: "2 tokens: 2 verified"),
            Corpus(
                description: "a title over a log", arguments: verify,
                text: lines("Token:", "noise", answer, "OK"),
                summary: "1 token: 1 verified; 3 lines passed over"),
            Corpus(
                description: "noise alone", arguments: verify, text: lines("one", "two, three"),
                summary: "2 tokens: 0 verified, 2 malformed; reasons: 2 token-format"),
            Corpus(
                description: "a log for claims", arguments: check,
                text: lines("AT%ATTESTTOKEN", answer, "OK"),
                summary: "1 row: 1 ready, 0 duplicate, 0 malformed, 0 rejected; "
                    + "1 of the ready verified; 2 lines passed over"),
            Corpus(
                description: "claims of all forms", arguments: check,
                text: lines("one", token, object, row, answer, "two"),
                summary:
                    "6 rows: 1 ready, 3 duplicate, 2 malformed, 0 rejected; 1 of the ready verified; reasons: 3 duplicate-device, 2 token-format"
            ),
            Corpus(
                description: "claims in JSON, then otherwise", arguments: check,
                text: lines(object, token, row, answer, "two"),
                summary:
                    "5 rows: 1 ready, 3 duplicate, 1 malformed, 0 rejected; 1 of the ready verified; reasons: 3 duplicate-device, 1 json"
            ),
            Corpus(
                description: "claims in rows, then otherwise", arguments: check,
                text: lines(row, token, object, answer, "two"),
                summary:
                    "5 rows: 1 ready, 3 duplicate, 1 malformed, 0 rejected; 1 of the ready verified; reasons: 3 duplicate-device, 1 csv"
            ),
            Corpus(
                description: "requests of all forms", arguments: requests,
                text: lines(keygen, pem, "{\"token\":\"\(keygen)\"}", keygen, "noise"),
                summary: "5 requests: 4 verified, 1 malformed; reasons: 1 token-format"),
            Corpus(
                description: "a request after its text", arguments: requests,
                text: lines("Certificate Request:", "    Data:", "        Subject: CN=x", pem),
                summary: "1 request: 1 verified; 3 lines passed over"),
            Corpus(
                description: "blocks without ends", arguments: requests,
                text: lines(
                    "-----BEGIN CERTIFICATE REQUEST-----", "MIIB", keygen, "MIIB",
                    "-----END CERTIFICATE REQUEST-----", "-----BEGIN CERTIFICATE REQUEST-----", keygen,
                    pem, "-----BEGIN CERTIFICATE REQUEST-----", "MIIB"),
                summary: "7 requests: 3 verified, 4 malformed; reasons: 4 pem; 1 line passed over"),
            Corpus(
                description: "requests under damaged armour", arguments: requests,
                text: indented(pem) + dashed(pem) + pem + pem.drop { $0 != "\n" }.dropFirst() + pem,
                summary: "5 requests: 5 verified"),
            Corpus(
                description: "certificates under damaged armour",
                arguments: ["cert", "inspect", "--json", "-"],
                text: [indented(pem), dashed(pem)].joined().replacing(
                    "CERTIFICATE REQUEST", with: "CERTIFICATE"),
                summary: "2 certificates: 0 decoded, 2 malformed; reasons: 2 pem"),
            Corpus(
                description: "a log in which the modem refused", arguments: requests,
                text: lines("AT%KEYGEN=17,2,0", "+CME ERROR: 518", "OK"),
                summary: "1 request: 0 verified, 1 malformed; reasons: 1 modem-error; 3 lines passed over"),
            Corpus(
                description: "an onboarding CSV", arguments: check,
                text: lines(
                    "\(uuid),,,APP,\"-----BEGIN CERTIFICATE-----", "MIIB", "-----END CERTIFICATE-----\""),
                summary: "1 row: 0 ready, 0 duplicate, 1 malformed, 0 rejected; 0 of the ready verified; "
                    + "reasons: 1 csv"),
            Corpus(
                description: "requests in JSON, then otherwise", arguments: requests,
                text: lines("noise", "{\"token\":\"\(keygen)\"}", keygen, pem, "{}"),
                summary: "5 requests: 3 verified, 2 malformed; reasons: 2 json"),
        ]
    }()

    private static func indented(_ pem: String) -> String {
        pem.split(separator: "\n").map { "    \($0)\n" }.joined()
    }

    /// With the dashes of a word processor.
    private static func dashed(_ pem: String) -> String { pem.replacing("-----", with: "—–") }

    typealias Outcome = (status: Int32, output: Data, summary: String)

    private static func run(
        _ arguments: [String], _ input: Data, _ manner: Manner? = nil
    ) throws -> Outcome {
        func outcome(_ status: Int32, _ output: Data, _ errors: Data) -> Outcome {
            let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n")
            return (status, output, lines.last.map { String($0.dropFirst("assay: ".count)) } ?? "")
        }
        guard let manner else {
            let found = try ChildProcess(
                [TestPaths.binary.path] + arguments, in: FileManager.default.temporaryDirectory,
                environment: ["PATH": "/usr/bin:/bin"], input: input
            ).run()
            return outcome(found.status, found.standardOutput, found.standardError)
        }
        let process = Process()
        process.executableURL = TestPaths.binary
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"]
        let (pipe, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = pipe
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let writer = pipe.fileHandleForWriting
        let pieces: [Data] =
            switch manner {
            case .atOnce: [input]
            case .byLine: input.split(separator: 0x0a, omittingEmptySubsequences: false).map { $0 + [0x0a] }
            case .byByte: input.map { Data([$0]) }
            }
        var rest = input.count
        for piece in pieces {
            // The last line has its end already.
            try writer.write(contentsOf: piece.prefix(rest))
            rest -= min(rest, piece.count)
            // Long enough for the program to have read it, but for the time that it takes to start.
            Thread.sleep(forTimeInterval: manner == .byByte ? 0.000_05 : 0.03)
        }
        try writer.close()
        let (found, said) = (
            output.fileHandleForReading.readDataToEndOfFile(),
            errors.fileHandleForReading.readDataToEndOfFile()
        )
        process.waitUntilExit()
        return outcome(process.terminationStatus, found, said)
    }

    @Test(arguments: corpora, Manner.allCases)
    func aPipeGivesWhatAFileGives(_ corpus: Corpus, _ manner: Manner) throws {
        let input = Data(corpus.text.utf8)
        let file = try Self.run(corpus.arguments, input)
        #expect(file.summary == corpus.summary)
        let pipe = try Self.run(corpus.arguments, input, manner)
        #expect(pipe.status == file.status && pipe.summary == file.summary)
        #expect(String(decoding: pipe.output, as: UTF8.self) == String(decoding: file.output, as: UTF8.self))
    }

    /// The same for files in which inputs of all forms stand among other text.
    @Test(arguments: 0..<6 as Range<UInt64>, [Manner.byLine, .byByte])
    func soDoMixedInputs(seed: UInt64, manner: Manner) throws {
        for (arguments, subject) in [
            (Self.verify, MixedInputTests.Subject.attestation), (Self.check, .attestation),
            (Self.requests, .request),
        ] {
            var random = SplitMix64(seed: seed)
            let lines = try MixedInputTests.lines(&random, subject).prefix(12)
            let input = Data(lines.map { $0.text + "\n" }.joined().utf8)
            let file = try Self.run(arguments, input)
            let pipe = try Self.run(arguments, input, manner)
            #expect(pipe.status == file.status && pipe.summary == file.summary)
            #expect(
                String(decoding: pipe.output, as: UTF8.self) == String(decoding: file.output, as: UTF8.self))
        }
    }
}
