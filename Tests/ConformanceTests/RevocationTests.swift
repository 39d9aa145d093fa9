import Foundation
import PKIX
import TestSupport
import Testing

/// `cert.verify.crl` on the path validation tests of NIST, by the door and by `cert verify --crl`.
@Suite(.needsVectors) struct RevocationTests {
    /// Tests whose accepting needs a feature that RFC 5280 lets an implementation leave out, and that Assay refuses.
    private static let refused: Set<String> = [
        "4.1.4", "4.1.5", "4.14.18", "4.14.19", "4.14.22", "4.14.24", "4.14.25", "4.14.28", "4.14.29",
        "4.14.30", "4.14.33", "4.15.2", "4.15.5", "4.15.7", "4.15.8",
    ]

    private struct Case {
        let number: String
        let isAccepted: Bool
        /// JSON.
        let inputs: [String: Any]
    }

    private func cases() throws -> [Case] {
        let folder = try #require(TestPaths.vectors).appendingPathComponent("nist-pkits")
        func pem(_ path: String, _ label: String) throws -> String {
            let der = Array(try Data(contentsOf: folder.appendingPathComponent(path)))
            return String(decoding: PEMWriter.encode(label: label, der: der), as: UTF8.self)
        }
        func certificate(_ name: some StringProtocol) throws -> String {
            try pem("certs/\(name).crt", "CERTIFICATE")
        }
        let table = try String(contentsOf: folder.appendingPathComponent("tests.txt"), encoding: .utf8)
        return try table.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let parts = line.split(separator: "?", maxSplits: 1)[0].split(
                separator: ":", omittingEmptySubsequences: false)
            let words = parts[0].split(separator: " ")
            let lists = ["TrustAnchorRootCRL"] + parts[1].split(separator: " ").map(String.init)
            return Case(
                number: String(words[0]), isAccepted: words[1] == "+",
                inputs: [
                    "trust": [try certificate("TrustAnchorRootCertificate")],
                    "intermediates": try words.dropFirst(2).dropLast().map(certificate),
                    "leaf": try certificate(words[words.count - 1]),
                    "crls": try lists.map { try pem("crls/\($0).crl", "X509 CRL") },
                    "time": "2011-04-15T00:00:00Z", "purpose": "any", "name": NSNull(), "max_depth": NSNull(),
                ])
        }
    }

    private func judge(_ cases: [Case], _ operation: String, without name: String? = nil) throws -> [String] {
        let elements = cases.map { element -> [String: Any] in
            var inputs = element.inputs
            if let name { inputs[name] = [String]() }
            return [
                "suite": "nist-pkits", "case_id": element.number, "operation": operation, "inputs": inputs,
            ]
        }
        let text = try JSONSerialization.data(withJSONObject: elements)
        return try Program.judge(String(decoding: text, as: UTF8.self)).map(\.verdict)
    }

    @Test func theDoorIsRight() throws {
        let cases = try cases()
        #expect(cases.count == 214)
        let verdicts = try judge(cases, "cert.verify.crl")
        let expected = cases.map { $0.isAccepted && !Self.refused.contains($0.number) ? "accept" : "reject" }
        let wrong = zip(cases, zip(verdicts, expected)).filter { $1.0 != $1.1 }.map(\.0.number)
        #expect(wrong == [])
        #expect(Self.refused.subtracting(cases.map(\.number)) == [])
        // Without a list nothing is covered, whatever the chain.
        let bare = try judge(cases, "cert.verify.crl", without: "crls")
        #expect(bare == [String](repeating: "reject", count: cases.count))
    }

    @Test func theCommandSaysWhatTheDoorSays() throws {
        let cases = try cases()
        let verdicts = try judge(cases, "cert.verify.crl")
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "assay-pkits-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ texts: Any?) throws -> String {
            let text = (texts as? [String])?.joined() ?? texts as? String ?? ""
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
            return name
        }
        for (element, verdict) in zip(cases, verdicts) {
            let inputs = element.inputs
            var arguments = try [
                "cert", "verify", write("leaf.pem", inputs["leaf"]), "--at", "2011-04-15T00:00:00Z",
                "--purpose",
                "any", "--ca", write("anchor.pem", inputs["trust"]), "--crl",
                write("lists.pem", inputs["crls"]),
            ]
            if (inputs["intermediates"] as? [String])?.isEmpty == false {
                arguments += ["--intermediates", try write("more.pem", inputs["intermediates"])]
            }
            let outcome = try ChildProcess(
                [TestPaths.binary.path] + arguments, in: folder, environment: ["PATH": "/usr/bin:/bin"]
            ).run()
            let isAccepted = verdict == "accept"
            let text = String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
            #expect(
                isAccepted ? outcome.status == 0 : [1, 4].contains(outcome.status),
                "\(element.number): the door says \(verdict), the command \(outcome.status): \(text)")
        }
    }
}
