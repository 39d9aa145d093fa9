import DeviceIdentity
import Foundation
import Simulator
import TestFleet
import TestSupport
import Testing

/// What is said when a modem does half of what it was asked for, or something else.
@Suite("Modems that do half", .serialized) struct ModemFailureTests {
    private let folder: WorkFolder

    init() throws { folder = try WorkFolder() }

    private func assay(_ arguments: [String], at path: String, timeout: String = "20s") throws
        -> Program.Outcome
    {
        try Program(
            TestPaths.binary, ["modem"] + arguments + ["--port", path, "--timeout", timeout], in: folder.url
        ).wait()
    }

    private func run(_ arguments: [String]) throws -> Program.Outcome {
        try Program(TestPaths.binary, arguments, in: folder.url).wait()
    }

    private func makeAuthority(_ name: String = "ca") throws {
        try #require(
            try run(["ca", "init", name, "--subject", "CN=Bench", "--no-passphrase"]).status == 0)
    }

    /// A rig that says `words` to commands that begin with `command`, of which the modem hears nothing.
    private func rig(_ line: SimulatedLine, _ command: String, says words: String) throws -> ModemRig {
        try ModemRig { heard in
            if String(decoding: heard, as: UTF8.self).hasPrefix(command) { return [.text(words)] }
            let answer = line.take(heard)
            return answer.isEmpty ? [] : [.octets(answer)]
        }
    }

    // MARK: Keys

    /// The answer comes once: it is written before it is said that the modem is off line.
    @Test func theKeyIsWrittenAlthoughTheModemStaysOffLine() throws {
        let line = try SimulatedLine()
        let rig = try rig(line, "AT+CFUN=1", says: "ERROR\r\n")
        defer { rig.end() }
        let outcome = try assay(["keygen", "--sec-tag", "42", "-o", "k", "--json"], at: rig.path)
        #expect(outcome.status == 4 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.errors.contains(#""modem":"left off line""#) && outcome.errors.contains("AT+CFUN=1"),
            "\(outcome.errors)")
        let key = try String(contentsOf: folder.url.appendingPathComponent("k"), encoding: .utf8)
        #expect(key.hasPrefix(#"{"schema":"assay.modem-key/1""#) && key.hasSuffix("}\n"))
        try makeAuthority()
        let installed = try assay(["install", "--sec-tag", "43", "ca/ca.crt"], at: rig.path)
        #expect(installed.status == 0, "a modem that is off line is left so: \(installed)")
        _ = line.take(Array("AT+CFUN=1\r\n".utf8))
        let left = try assay(["install", "--sec-tag", "44", "ca/ca.crt"], at: rig.path)
        #expect(left.status == 4 && left.output.contains("root-ca written under 44"), "\(left)")
    }

    @Test func aLostAnswerMayBeOfAKey() throws {
        let line = try SimulatedLine()
        let rig = try line.rig { heard, answer in heard.hasPrefix("AT%KEYGEN") ? [] : [.octets(answer)] }
        defer { rig.end() }
        let outcome = try assay(["keygen", "--sec-tag", "42", "--json"], at: rig.path, timeout: "3s")
        #expect(outcome.status == 5 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.errors.contains(#""key":"may have been made under security tag 42""#)
                && outcome.errors.contains("--overwrite"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("give the command again") && line.isActive)
    }

    /// Also where whoever read the output has left, of which nothing is said otherwise.
    @Test(arguments: [">/dev/full", "| sleep 0"]) func aFailingOutputLeavesAKey(_ output: String) throws {
        let rig = try SimulatedLine().rig()
        defer { rig.end() }
        let outcome = try Program(
            URL(fileURLWithPath: "/bin/bash"),
            [
                "-c", #"set -o pipefail; "$0" modem keygen --sec-tag 42 --port "$1" --json "# + output,
                TestPaths.binary.path, rig.path,
            ], in: folder.url
        ).wait()
        #expect(outcome.status == (output.hasPrefix("|") ? 141 : 5), "\(outcome)")
        #expect(
            outcome.errors.contains(#""key":"was made under security tag 42""#)
                && outcome.errors.contains("--overwrite"), "\(outcome.errors)")
    }

    /// The modem makes something else than what it was asked for.
    @Test(arguments: [
        (["--public-key"], "42,2,1", "42,2,0", "expected a public key as it was asked for"),
        ([], "42,2,0", "42,2,1", "expected a certification request as it was asked for"),
        (["--subject", "CN=a"], "CN=a", "CN=b", "expected a request for CN=a, found one for CN=b"),
    ])
    func anotherKindOrNameIsRefused(_ options: [String], asked: String, made: String, message: String) throws
    {
        let line = try SimulatedLine()
        let rig = try ModemRig { heard in
            let text = String(decoding: heard, as: UTF8.self).replacing(asked, with: made)
            let answer = line.take(Array(text.utf8))
            return answer.isEmpty ? [] : [.octets(answer)]
        }
        defer { rig.end() }
        let outcome = try assay(["keygen", "--sec-tag", "42", "--json"] + options, at: rig.path)
        #expect(outcome.status == 4 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.errors.contains(#""code":"modem-error""#) && outcome.errors.contains(message)
                && outcome.errors.contains(#""key":"was made under security tag 42""#), "\(outcome.errors)")
    }

    /// The order of a name's attributes is the modem's matter.
    @Test func anotherOrderOfTheNameIsTheSameName() throws {
        let line = try SimulatedLine()
        let rig = try ModemRig { heard in
            let text = String(decoding: heard, as: UTF8.self).replacing("CN=a,O=b", with: "O=b,CN=a")
            let answer = line.take(Array(text.utf8))
            return answer.isEmpty ? [] : [.octets(answer)]
        }
        defer { rig.end() }
        let outcome = try assay(["keygen", "--sec-tag", "42", "--subject", "CN=a,O=b"], at: rig.path)
        #expect(outcome.status == 0, "\(outcome)")
    }

    // MARK: What is gone

    @Test func theKeyThatWasDeletedIsTold() throws {
        let line = try SimulatedLine()
        let first = try line.rig()
        #expect(try assay(["keygen", "--sec-tag", "42"], at: first.path).status == 0)
        first.end()
        let rig = try rig(line, "AT%KEYGEN", says: "+CME ERROR: 523\r\n")
        defer { rig.end() }
        let outcome = try assay(["keygen", "--sec-tag", "42", "--overwrite", "--json"], at: rig.path)
        #expect(outcome.status == 4, "\(outcome)")
        #expect(
            outcome.errors.contains(#""deleted":"the private-key that security tag 42 had""#)
                && !outcome.errors.contains(#""key":"#), "\(outcome.errors)")
    }

    @Test func theCertificateThatWasDeletedIsTold() throws {
        let line = try SimulatedLine()
        let first = try line.rig()
        try makeAuthority()
        try makeAuthority("other")
        #expect(try assay(["install", "--sec-tag", "42", "ca/ca.crt"], at: first.path).status == 0)
        first.end()
        let rig = try rig(line, "AT%CMNG=0", says: "+CME ERROR: 527\r\n")
        defer { rig.end() }
        let outcome = try assay(
            ["install", "--sec-tag", "42", "--overwrite", "--json", "other/ca.crt"], at: rig.path)
        #expect(outcome.status == 4 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.errors.contains(#""deleted":"the root-ca that security tag 42 had""#)
                && outcome.errors.contains(#""file":"other/ca.crt""#), "\(outcome.errors)")
    }

    @Test func whatWasWrittenBeforeAFailureIsTold() throws {
        let line = try SimulatedLine()
        let rig = try rig(line, "AT%CMNG=0,42,2", says: "+CME ERROR: 527\r\n")
        defer { rig.end() }
        try makeAuthority()
        let outcome = try assay(
            ["install", "--sec-tag", "42", "--json", "ca/ca.key", "ca/ca.crt"], at: rig.path)
        #expect(outcome.status == 4 && outcome.output.isEmpty && line.isActive, "\(outcome)")
        #expect(
            outcome.errors.contains(#""file":"ca/ca.key""#)
                && outcome.errors.contains(#""written":"ca/ca.crt""#), "\(outcome.errors)")
    }

    /// A modem that says OK and does nothing lists the old key's digest, which proves nothing of the new one.
    @Test func aKeyThatStaysIsNotReplaced() throws {
        let line = try SimulatedLine()
        let first = try line.rig()
        try makeAuthority()
        try makeAuthority("other")
        #expect(try assay(["install", "--sec-tag", "42", "ca/ca.key"], at: first.path).status == 0)
        first.end()
        let rig = try ModemRig { heard in
            let text = String(decoding: heard, as: UTF8.self)
            if text.hasPrefix("AT%CMNG=0") || text.hasPrefix("AT%CMNG=3") { return [.text("OK\r\n")] }
            let answer = line.take(heard)
            return answer.isEmpty ? [] : [.octets(answer)]
        }
        defer { rig.end() }
        let outcome = try assay(
            ["install", "--sec-tag", "42", "--overwrite", "--json", "other/ca.key"], at: rig.path)
        #expect(outcome.status == 1 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.errors.contains(#""code":"digest""#) && outcome.errors.contains("after it was deleted"),
            "\(outcome.errors)")
        #expect(!rig.commands.contains { $0.hasPrefix("AT%CMNG=0") } && line.isActive)
    }

    // MARK: Tables and listings

    /// A challenge that nobody answers is no success.
    @Test func aNonceForADeviceWithARowWantsReplace() throws {
        let rig = try SimulatedLine().rig()
        defer { rig.end() }
        let challenged = ["tokens", "--json", "--nonce", String(repeating: "07", count: 16)]
        #expect(try assay(["tokens"], at: rig.path).status == 0)
        let row = try String(contentsOfFile: folder.path("attestation_tokens.csv"), encoding: .utf8)
        let refused = try assay(challenged, at: rig.path)
        #expect(refused.status == 5 && refused.output.isEmpty, "\(refused)")
        #expect(
            refused.errors.contains(#""code":"would-overwrite""#) && refused.errors.contains("--replace"),
            "\(refused.errors)")
        #expect(try String(contentsOfFile: folder.path("attestation_tokens.csv"), encoding: .utf8) == row)
        let replaced = try assay(challenged + ["--replace"], at: rig.path)
        #expect(replaced.status == 0 && replaced.output.contains(#""status":"replaced""#), "\(replaced)")
    }

    private static let digests = ["A", "B"].map { String(repeating: $0, count: 64) }

    @Test(arguments: [
        (
            [], (0..<1_025).map { "%CMNG: \($0),0,\"\(digests[0])\"" },
            "expected at most 1024 lines in the answer to AT%CMNG, found 1 more"
        ),
        (
            ["--sec-tag", "1"], ["%CMNG: 2,0,\"\(digests[0])\""],
            "expected credentials of security tag 1, found one of 2"
        ),
        (
            [], digests.map { "%CMNG: 1,0,\"\($0)\"" },
            "expected one credential in a place, found two under security tag 1 with type 0"
        ),
    ])
    func listingsThatAreNoneAreRefused(_ options: [String], lines: [String], message: String) throws {
        let rig = try rig(
            SimulatedLine(), "AT%CMNG=1", says: (lines + ["OK"]).map { $0 + "\r\n" }.joined())
        defer { rig.end() }
        let outcome = try assay(["list", "--json"] + options, at: rig.path)
        #expect(outcome.status == 4 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.errors.contains(#""code":"modem-error""#) && outcome.errors.contains(message),
            "\(outcome.errors)")
    }

    /// What list prints is a listing, also where there is nothing.
    @Test func accessCheckReadsWhatListPrints() throws {
        let rig = try SimulatedLine().rig()
        defer { rig.end() }
        try makeAuthority()
        try folder.write(try assay(["list"], at: rig.path).output, to: "empty.txt")
        let empty = try run(["access", "check", "empty.txt", "--use", "fota", "--sec-tag", "42"])
        #expect(empty.status == 1 && empty.output.contains("listing: empty.txt, 0 credentials"), "\(empty)")
        #expect(try assay(["install", "--sec-tag", "42", "ca/ca.crt"], at: rig.path).status == 0)
        try folder.write(try assay(["list"], at: rig.path).output, to: "listing.txt")
        let whole = try run(
            ["access", "check", "listing.txt", "ca/ca.crt", "--use", "fota", "--sec-tag", "42"])
        #expect(whole.status == 0, "\(whole)")
        #expect(!whole.output.contains("may have been cut"))
    }
}
