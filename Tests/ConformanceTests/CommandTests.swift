import Conformance
import Foundation
import TestSupport
import Testing

/// What the door says no to, or does not judge, the command that a user has says no to as well.
@Suite struct CommandTests {
    /// How a command takes the cases of an operation.
    enum Question {
        /// The command asks what the operation asks: both say the same.
        case same
        /// It asks for more than the operation does: what the door rejects it refuses, and perhaps further cases.
        case more
        /// Nothing can be asked, for this reason.
        case none(String)
    }

    static let questions: [String: Question] = [
        // The first part of a device's token and the claims of a JWT have rules of their own.
        "token.verify": .more,
        "jwt.verify": .more,
        "token.decode": .same,
        "csr.verify": .same,
        "csr.decode": .same,
        "cert.decode": .same,
        // Weak keys and digests are rejected unless --allow-weak is said.
        "cert.verify": .more,
        "cert.verify.crl": .more,
        // `key inspect` takes PEM alone; a JWK is put to `jwt verify --jwks`, which wants a token that it verifies.
        "key.import": .more,
        // CBOR, JSON and CSV are of some kind wherever a command reads them.
        "cbor.decode": .more,
        "json.parse": .more,
        "csv.read": .more,
        "sig.verify": .none(
            "no command takes a bare signature; those of tokens, JWTs, requests and certificates are verified "
                + "where they stand"),
    ]

    /// A case of a suite as it is put to the command, without what no command can be asked.
    struct Case: Sendable {
        let suite: String
        let caseID: String
        let operation: String
        /// JSON.
        let inputs: Data
        let expected: String
        let requires: [String]

        var name: String { "\(suite) \(caseID)" }
        func object() throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: inputs) as? [String: Any] ?? [:]
        }
    }

    /// The file of cases that are refused on purpose, and the suites at hand.
    static let files =
        [TestPaths.fixtures.appendingPathComponent("conformance/refused.json").path]
        + Suites.names.map(Suites.path)

    private static func cases(_ path: String) throws -> [Case] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let elements = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        return try elements.map { element in
            var inputs = try #require(element["inputs"] as? [String: Any])
            // `cert verify` has no options for the name of a server and for a path length of the caller's.
            for name in ["name", "max_depth"] where inputs[name] != nil { inputs[name] = NSNull() }
            return Case(
                suite: try #require(element["suite"] as? String),
                caseID: try #require(element["case_id"] as? String),
                operation: try #require(element["operation"] as? String),
                inputs: try JSONSerialization.data(withJSONObject: inputs, options: .sortedKeys),
                expected: try #require(element["expected"] as? String),
                requires: element["requires"] as? [String] ?? [])
        }
    }

    /// The verdicts of the door on cases that require nothing: none is skipped.
    private static func verdicts(_ cases: [Case]) throws -> [String] {
        let elements = try cases.map { element -> [String: Any] in
            [
                "suite": element.suite, "case_id": element.caseID, "operation": element.operation,
                "inputs": try element.object(),
            ]
        }
        let text = try JSONSerialization.data(withJSONObject: elements)
        return try Program.judge(String(decoding: text, as: UTF8.self)).map(\.verdict)
    }

    @Test(arguments: files)
    func whatTheDoorRefusesTheCommandRefuses(file: String) throws {
        let cases = try Self.cases(file)
        let verdicts = try Self.verdicts(cases)
        try #require(verdicts.count == cases.count)
        let wrong = Locked<[String]>([])
        DispatchQueue.concurrentPerform(iterations: cases.count) { index in
            let (element, verdict) = (cases[index], verdicts[index])
            do {
                let complaint = try complaint(element, verdict)
                if let complaint { wrong.change { $0.append("\(element.name): \(complaint)") } }
            } catch {
                wrong.change { $0.append("\(element.name): \(error)") }
            }
        }
        #expect(wrong.value.sorted() == [])
    }

    /// What is wrong with the command's answer, given the door's.
    private func complaint(_ element: Case, _ verdict: String) throws -> String? {
        guard verdict == "accept" || verdict == "reject" else { return "the door says \(verdict)" }
        // What is skipped in the suite's own form is refused on purpose: by the door too, once it has to judge.
        let isSkipped = element.requires.contains { UnsupportedFeature.reasons[$0] != nil }
        if isSkipped, verdict != "reject" { return "the door skips it and accepts it" }
        guard let question = Self.questions[element.operation] else {
            return "an operation without a command"
        }
        if case .none = question { return nil }
        guard verdict == "reject" || question.isSame else { return nil }
        let outcome = try ask(element)
        guard let outcome else { return nil }
        let says =
            "the door says \(verdict), the command \(outcome.status): "
            + String(decoding: (outcome.standardOutput + outcome.standardError).prefix(600), as: UTF8.self)
        if outcome.timedOut || outcome.endedBySignal { return says }
        if verdict == "accept" { return outcome.status == 0 ? nil : says }
        return outcome.status == 1 || outcome.status == 4 ? nil : says
    }

    // MARK: Commands

    /// Runs the command for a case in a folder of its own; nil where the case cannot be put to one.
    private func ask(_ element: Case) throws -> ProcessOutcome? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "assay-case-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let inputs = try element.object()
        func text(_ name: String) -> String? { inputs[name] as? String }
        func write(_ name: String, _ data: Data) throws -> String {
            try data.write(to: folder.appendingPathComponent(name))
            return name
        }
        func write(_ name: String, _ text: String?) throws -> String {
            try write(name, Data((text ?? "").utf8))
        }
        let arguments: [String]
        switch element.operation {
        case "csr.verify": arguments = ["csr", "verify", try write("request.pem", text("csr_pem"))]
        case "csr.decode": arguments = ["csr", "inspect", try write("request.pem", text("csr_pem"))]
        case "cert.decode": arguments = ["cert", "inspect", try write("certificate.pem", text("cert_pem"))]
        case "token.decode":
            arguments = ["token", "inspect", "--input", try write("modem.log", text("at_output"))]
        case "token.verify":
            let key = try publicKey(inputs)
            let token = "\(Self.payload(inputs)).\(Self.base64URL(Self.bytes(text("cose_hex") ?? "")))\n"
            arguments = [
                "token", "verify", "--key", try write("key.pem", key), "--input", try write("tokens", token),
            ]
        case "jwt.verify":
            arguments =
                try ["jwt", "verify", "--input", write("jwts", (text("jwt") ?? "") + "\n")]
                + Self.algorithms.flatMap { ["--algorithm", $0] }
                + (text("time").map { ["--at", $0, "--leeway", "0s"] } ?? [])
                + (inputs["jwks"].map {
                    try ["--jwks", write("keys.json", JSONSerialization.data(withJSONObject: $0))]
                }
                    ?? ["--key", write("key.pem", text("key_pem"))])
        case "key.import":
            guard let key = text("key_text") ?? text("key_pem") else { return nil }
            arguments = ["key", "inspect", try write("key.pem", key)]
        case "cert.verify", "cert.verify.crl":
            let anchors = inputs["trust"] as? [String] ?? []
            let lists = inputs["crls"] as? [String] ?? []
            let intermediates = inputs["intermediates"] as? [String] ?? []
            arguments =
                try ["cert", "verify", write("leaf.pem", text("leaf")), "--at", text("time") ?? ""]
                + ["--purpose", Self.purposes[text("purpose") ?? ""] ?? ""]
                + ["--ca", write("anchors.pem", anchors.joined(separator: "\n"))]
                + (intermediates.isEmpty
                    ? [] : ["--intermediates", write("more.pem", intermediates.joined(separator: "\n"))])
                + (lists.isEmpty ? [] : ["--crl", write("lists.pem", lists.joined(separator: "\n"))])
        case "cbor.decode":
            arguments = ["commands", "decode", try write("message", Data(Self.bytes(text("hex") ?? "")))]
        case "json.parse":
            arguments = [
                "commands", "validate", try write("batch", Data(base64Encoded: text("b64") ?? "") ?? Data()),
            ]
        default:
            arguments = [
                "claim", "check", try write("rows", Data(base64Encoded: text("b64") ?? "") ?? Data()),
            ]
        }
        return try ChildProcess(
            [TestPaths.binary.path] + arguments, in: folder,
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path, "XDG_DATA_HOME": folder.path],
            limit: 20
        ).run()
    }

    private static let algorithms = [
        "ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    ]
    private static let purposes = ["serverAuth": "server", "clientAuth": "client", "any": "any"]

    /// The key of a case in PEM. The door turns a JWK into one; where there is none, any will do.
    private func publicKey(_ inputs: [String: Any]) throws -> String {
        if let pem = (inputs["key_pem"] ?? inputs["cert_pem"]) as? String { return pem }
        let any = try String(
            contentsOf: TestPaths.fixtures.appendingPathComponent("jwt/service.pub.pem"), encoding: .utf8)
        guard let key = inputs["key_jwk"] as? [String: Any] else { return any }
        return try Program.judge("key.import", ["key_jwk": key]).output?["public_key_pem"] as? String ?? any
    }

    /// The payload that stands before a device's signature: the detached one, or what the message holds.
    private static func payload(_ inputs: [String: Any]) -> String {
        base64URL(bytes(inputs["detached_payload_hex"] as? String ?? ""))
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    // MARK: The table

    /// Every operation that the door knows has a command, or a reason why none fits; every feature that is refused on
    /// purpose has a case of its own that is put to a command.
    @Test func nothingIsLeftOut() throws {
        for operation in Self.questions.keys {
            let result = try Program.judge(operation, [:])
            #expect(result.verdict == "reject", "\(operation)")
        }
        let refused = try Self.cases(Self.files[0])
        #expect(Set(refused.flatMap(\.requires)) == Set(UnsupportedFeature.reasons.keys))
        let results = try Result.list(try Program.run([Self.files[0]]).standardOutput)
        #expect(results.map(\.verdict) == [String](repeating: "skip", count: refused.count))
        #expect(results.map(\.feature) == refused.map { $0.requires[0] })
    }
}

extension CommandTests.Question {
    fileprivate var isSame: Bool { if case .same = self { true } else { false } }
}

/// A value that several threads change.
private final class Locked<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var stored: Value

    init(_ value: Value) { stored = value }

    var value: Value { lock.withLock { stored } }

    func change(_ body: (inout Value) -> Void) { lock.withLock { body(&stored) } }
}
