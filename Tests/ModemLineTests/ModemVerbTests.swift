import DeviceIdentity
import Foundation
import InputOutput
import OpenSSL
import Simulator
import TestFleet
import TestSupport
import Testing

/// `assay modem` against modems with good and bad manners.
@Suite("Modems at a serial port", .serialized) struct ModemVerbTests {
    private let folder: WorkFolder

    init() throws { folder = try WorkFolder() }

    private func assay(_ arguments: [String], at path: String, timeout: String = "20s") throws
        -> Program.Outcome
    {
        try Program(
            TestPaths.binary, ["modem"] + arguments + ["--port", path, "--timeout", timeout], in: folder.url
        ).wait()
    }

    private func table(_ name: String = "attestation_tokens.csv") -> String {
        (try? String(contentsOf: folder.url.appendingPathComponent(name), encoding: .utf8)) ?? ""
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)) ?? [])
            .filter { !$0.hasSuffix(".out") && !$0.hasSuffix(".err") }.sorted()
    }

    private func makeAuthority() throws {
        let made = try Program(
            TestPaths.binary, ["ca", "init", "ca", "--subject", "CN=Bench", "--no-passphrase"], in: folder.url
        ).wait()
        try #require(made.status == 0)
    }

    // MARK: Good manners

    @Test(arguments: [(false, false), (false, true), (true, true)])
    func theWholeWork(hasShell: Bool, echoes: Bool) throws {
        let line = try SimulatedLine(hasShell: hasShell, echoes: echoes)
        let rig = try line.rig()
        defer { rig.end() }
        try makeAuthority()

        let first = try assay(["tokens"], at: rig.path)
        #expect(
            first.status == 0 && first.output == "\(line.device.uuid) \(line.device.imei) appended\n",
            "\(first)")
        let row = table()
        let pattern =
            /[0-9]{15},[0-9a-f-]{36},[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+,[0-9-]{10}T[0-9:]{8}\.[0-9]{6}\+00:00\n/
        #expect(
            row.wholeMatch(of: pattern) != nil && row.hasPrefix("\(line.device.imei),\(line.device.uuid),"))
        #expect(FileSystem.permissions(of: folder.path("attestation_tokens.csv")) == 0o600)
        #expect(try assay(["tokens", "--json"], at: rig.path).output.contains(#""status":"present""#))
        #expect(table() == row)
        let renewed = try assay(["tokens", "--replace", "--json"], at: rig.path)
        #expect(renewed.output.contains(#""status":"replaced""#))
        #expect(table() != row && table().wholeMatch(of: pattern) != nil)

        let keygen = try assay(
            ["keygen", "--sec-tag", "42", "-o", "k", "--subject", "CN=a,O=b"], at: rig.path)
        #expect(keygen.status == 0 && keygen.output.isEmpty, "\(keygen)")
        #expect(rig.commands.contains { $0.contains("AT%KEYGEN=42,2,0,\"CN=a,O=b\"") })
        let issued = try Program(
            TestPaths.binary, ["ca", "issue", "--ca", "ca", "k", "-o", "device.crt"], in: folder.url
        ).wait()
        #expect(issued.status == 0, "\(issued)")

        let installed = try assay(["install", "--sec-tag", "42", "device.crt", "ca/ca.crt"], at: rig.path)
        #expect(installed.status == 0, "\(installed)")
        #expect(
            installed.wholeLines.map { $0.prefix { $0 != "," } } == [
                "ca/ca.crt: root-ca written under 42", "device.crt: client-certificate written under 42",
            ])
        // What the modem has is what the file says.
        let stored = try #require(line.credentials.content(CredentialSlot(SecTag(42), .clientCertificate)))
        #expect(try Data(contentsOf: folder.url.appendingPathComponent("device.crt")) == Data(stored))
        let count = rig.commands.count { $0.contains("%CMNG=0") }
        let again = try assay(
            ["install", "--sec-tag", "42", "device.crt", "ca/ca.crt", "--json"], at: rig.path)
        #expect(again.output.components(separatedBy: #""status":"present""#).count == 3, "\(again)")
        #expect(again.output.components(separatedBy: #""verified":true"#).count == 3)
        #expect(rig.commands.count { $0.contains("%CMNG=0") } == count)

        let listed = try assay(["list", "--sec-tag", "42"], at: rig.path)
        #expect(
            listed.wholeLines.map { $0.prefix(13) } == [
                "%CMNG: 42,0,\"", "%CMNG: 42,1,\"", "%CMNG: 42,2,\"", "OK",
            ])
        #expect(try assay(["list", "--sec-tag", "43"], at: rig.path).output == "OK\n")
        #expect(line.isActive)
    }

    @Test func resultsAreAsTheirSchemasSay() throws {
        let line = try SimulatedLine()
        let rig = try line.rig()
        defer { rig.end() }
        try makeAuthority()
        var results = ""
        for arguments in [
            ["tokens"], ["tokens"], ["tokens", "--replace"], ["keygen", "--sec-tag", "1"],
            ["keygen", "--sec-tag", "2", "--public-key"], ["install", "--sec-tag", "3", "ca/ca.crt"],
            ["install", "--sec-tag", "3", "ca/ca.crt"],
            ["install", "--sec-tag", "4", "--psk-identity", "nrf", "ca/ca.key"], ["list"],
            ["list", "--sec-tag", "9"],
        ] {
            let outcome = try assay(arguments + ["--json"], at: rig.path)
            #expect(outcome.status == 0 && outcome.wholeLines.count == 1, "\(arguments): \(outcome)")
            results += outcome.output
        }
        try folder.write(results, to: "results.jsonl")
        let check = try Program(
            URL(fileURLWithPath: "/bin/sh"),
            [
                "-c", #"exec "$0" "$1" "$2" <results.jsonl"#, Peers.python(),
                TestPaths.root.appendingPathComponent("scripts/check-schemas").path,
                TestPaths.root.appendingPathComponent("schemas").path,
            ], in: folder.url
        ).wait()
        #expect(check.status == 0, "\(check.errors)")
        #expect(
            Set(check.wholeLines.map(String.init)) == [
                "assay.modem-token/1", "assay.modem-key/1", "assay.modem-install/1",
                "assay.modem-credentials/1",
            ])
    }

    /// Notices and log lines between, octets one by one.
    @Test func slowAnswersWithWordsBetween() throws {
        let line = try SimulatedLine(echoes: true)
        let rig = try line.rig { _, answer in
            var pieces: [ModemRig.Piece] = [
                .text(
                    "+CEREG: 1,\"002F\",\"0012BEEF\",7\r\n[00:00:01.250,000] <inf> app: OK so far\r\n%CMNG\r\n"
                )
            ]
            for octet in answer.prefix(40) { pieces += [.octets([octet]), .pause(milliseconds: 1)] }
            return pieces + [.octets(Array(answer.dropFirst(40)))]
        }
        defer { rig.end() }
        let outcome = try assay(["tokens"], at: rig.path)
        #expect(outcome.status == 0 && outcome.output.hasSuffix(" appended\n"), "\(outcome)")
    }

    /// The answer to the first attempt comes while the other dialect is tried.
    @Test func aModemThatIsSlowAtFirst() throws {
        let line = try SimulatedLine()
        let isFirst = NSLock()
        nonisolated(unsafe) var count = 0
        let rig = try line.rig { _, answer in
            let late = isFirst.withLock {
                count += 1
                return count == 1
            }
            return (late ? [.pause(milliseconds: 1_300)] : []) + [.octets(answer)]
        }
        defer { rig.end() }
        let outcome = try assay(["list"], at: rig.path)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(rig.commands.last == "AT%CMNG=1")
    }

    // MARK: Off line and back

    @Test func itIsOffLineForWritingAloneAndBackAfterAFailure() throws {
        let line = try SimulatedLine()
        let rig = try line.rig()
        defer { rig.end() }
        try makeAuthority()
        #expect(try assay(["install", "--sec-tag", "42", "ca/ca.crt"], at: rig.path).status == 0)
        let commands = rig.commands
        let off = try #require(commands.firstIndex(of: "AT+CFUN=4"))
        let write = try #require(commands.firstIndex { $0.hasPrefix("AT%CMNG=0") })
        let back = try #require(commands.firstIndex(of: "AT+CFUN=1"))
        #expect(off < write && write < back && line.isActive)

        // The modem refuses: another certificate in the place of one is said before, a spoilt one by the modem.
        let taken = try assay(
            ["install", "--sec-tag", "42", "--json", "ca/ca.crt", "--psk-identity", "x"], at: rig.path)
        #expect(taken.status == 0)
        _ = try Program(
            TestPaths.binary, ["ca", "init", "other", "--subject", "CN=Other", "--no-passphrase"],
            in: folder.url
        ).wait()
        let refused = try assay(["install", "--sec-tag", "42", "--json", "other/ca.crt"], at: rig.path)
        #expect(refused.status == 5 && refused.errors.contains(#""code":"would-overwrite""#), "\(refused)")
        let replaced = try assay(
            ["install", "--sec-tag", "42", "--json", "--overwrite", "other/ca.crt"], at: rig.path)
        #expect(replaced.status == 0 && replaced.output.contains(#""status":"replaced""#), "\(replaced)")
    }

    @Test func itIsBroughtBackWhenTheModemRefuses() throws {
        let line = try SimulatedLine()
        let rig = try line.rig { heard, answer in
            heard.hasPrefix("AT%KEYGEN") ? [.text("+CME ERROR: 523\r\n")] : [.octets(answer)]
        }
        defer { rig.end() }
        let outcome = try assay(["keygen", "--sec-tag", "42", "-o", "k"], at: rig.path)
        #expect(
            outcome.status == 4 && outcome.errors.contains("+CME ERROR: 523, key generation failed"),
            "\(outcome)")
        #expect(outcome.errors.contains("assay: hint: ") && line.isActive && !names.contains("k"))
    }

    @Test func itIsLeftAsItWas() throws {
        let line = try SimulatedLine()
        _ = line.take(Array("AT+CFUN=4\r\n".utf8))
        let rig = try line.rig()
        defer { rig.end() }
        #expect(try assay(["keygen", "--sec-tag", "42"], at: rig.path).status == 0)
        #expect(!rig.commands.contains { $0.hasPrefix("AT+CFUN=") } && !line.isActive)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func itIsBroughtBackAtASignal(_ signal: Int32) throws {
        let line = try SimulatedLine()
        let rig = try line.rig { heard, answer in
            heard.hasPrefix("AT%KEYGEN") ? [.pause(milliseconds: 1_500), .octets(answer)] : [.octets(answer)]
        }
        defer { rig.end() }
        let program = try Program(
            TestPaths.binary, ["modem", "keygen", "--port", rig.path, "--sec-tag", "42", "-o", "k"],
            in: folder.url)
        let end = Date().addingTimeInterval(20)
        while !rig.commands.contains(where: { $0.hasPrefix("AT%KEYGEN") }), Date() < end {
            Thread.sleep(forTimeInterval: 0.01)
        }
        program.send(signal)
        let outcome = try program.wait()
        #expect(outcome.status == 130 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.errors.contains("key may have been made under security tag 42"), "\(outcome.errors)")
        #expect(
            rig.commands.last == "AT+CFUN=1" && line.isActive
                && !names.contains { $0.contains("k") && $0 != "ca" })
    }

    // MARK: Bad manners

    struct Abuse: Sendable, CustomStringConvertible {
        let description: String
        let code: String
        let status: Int32
        let spoil: @Sendable (_ heard: String, _ answer: [UInt8]) -> [ModemRig.Piece]
    }

    static let abuses: [Abuse] = [
        Abuse(description: "silence", code: "io", status: 5) { _, _ in [] },
        Abuse(description: "silence later", code: "io", status: 5) { heard, answer in
            heard.hasPrefix("AT%ATTESTTOKEN") ? [] : [.octets(answer)]
        },
        Abuse(description: "a megabyte without a line end", code: "modem-error", status: 4) { heard, answer in
            heard.hasPrefix("AT+CGSN")
                ? [.octets([UInt8](repeating: 0x41, count: 1 << 20))] : [.octets(answer)]
        },
        Abuse(description: "binary noise", code: "modem-error", status: 4) { heard, answer in
            var random = SplitMix64(seed: 3)
            return heard.hasPrefix("AT+CGMR") ? [.octets(random.bytes(16_384))] : [.octets(answer)]
        },
        Abuse(description: "noise from the beginning", code: "modem-error", status: 4) { _, _ in
            var random = SplitMix64(seed: 4)
            return [.octets(random.bytes(8_192))]
        },
        Abuse(description: "ERROR to everything", code: "io", status: 5) { _, _ in [.text("ERROR\r\n")] },
        Abuse(description: "the answer of another command", code: "modem-error", status: 4) { heard, answer in
            heard.hasPrefix("AT%ATTESTTOKEN")
                ? [.text("%KEYGEN: \"AAAA.BBBB\"\r\nOK\r\n")] : [.octets(answer)]
        },
        Abuse(description: "OK alone", code: "modem-error", status: 4) { heard, answer in
            heard.hasPrefix("AT+CGSN") ? [.text("OK\r\n")] : [.octets(answer)]
        },
        Abuse(description: "another UUID", code: "uuid-mismatch", status: 1) { heard, answer in
            heard.hasPrefix("AT%DEVICEUUID")
                ? [.text("%DEVICEUUID: 50363154-3931-44f0-8022-121b6401627d\r\nOK\r\n")] : [.octets(answer)]
        },
        Abuse(description: "a token that was cut", code: "cbor", status: 4) { heard, answer in
            heard.hasPrefix("AT%ATTESTTOKEN")
                ? [.text("%ATTESTTOKEN: \"2dn3hQFQUDYxVDkxRPCA.0oRDoQEm\"\r\nOK\r\n")] : [.octets(answer)]
        },
        Abuse(description: "a refusal", code: "modem-error", status: 4) { heard, answer in
            heard.hasPrefix("AT%ATTESTTOKEN") ? [.text("+CME ERROR: 514\r\n")] : [.octets(answer)]
        },
        Abuse(description: "an IMEI that is none", code: "modem-error", status: 4) { heard, answer in
            heard.hasPrefix("AT+CGSN") ? [.text("+CGSN: \"123456789012345\"\r\nOK\r\n")] : [.octets(answer)]
        },
        Abuse(description: "a port that goes away", code: "io", status: 5) { heard, answer in
            heard.hasPrefix("AT%ATTESTTOKEN")
                ? [.octets(Array(answer.prefix(100))), .pause(milliseconds: 50), .vanish] : [.octets(answer)]
        },
    ]

    /// The table is as it was, and what is wrong is said in time.
    @Test(arguments: abuses) func isTold(_ abuse: Abuse) throws {
        let line = try SimulatedLine()
        let rig = try line.rig(abuse.spoil)
        defer { rig.end() }
        let before = "352656100000002,50343956-3037-4738-800d-1f29e0a0f7bf,t,x\n"
        try folder.write(before, to: "attestation_tokens.csv")
        let start = Date()
        let outcome = try assay(["tokens", "--json"], at: rig.path, timeout: "6s")
        #expect(Date().timeIntervalSince(start) < 60)
        #expect(outcome.status == abuse.status && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.errors.contains(#"{"schema":"assay.error/1","code":"\#(abuse.code)""#),
            "\(outcome.errors)")
        #expect(table() == before)
        #expect(names == ["attestation_tokens.csv"])
    }

    @Test func digestsThatDifferAreFound() throws {
        let line = try SimulatedLine()
        let rig = try line.rig { heard, answer in
            guard heard.hasPrefix("AT%CMNG=1") else { return [.octets(answer)] }
            let text = String(decoding: answer, as: UTF8.self)
            return [.text(text.replacing(/[0-9A-F]"/, with: { $0.output == "0\"" ? "1\"" : "0\"" }))]
        }
        defer { rig.end() }
        try makeAuthority()
        let outcome = try assay(["install", "--sec-tag", "42", "ca/ca.crt", "--json"], at: rig.path)
        #expect(outcome.status == 1 && outcome.errors.contains(#""code":"digest""#), "\(outcome)")
        #expect(outcome.output.isEmpty && line.isActive)
    }

    @Test func aPortThatIsInUseIsNotTouched() throws {
        let line = try SimulatedLine()
        let rig = try line.rig()
        defer { rig.end() }
        let held = try SerialPort(path: rig.path, baud: 115_200)
        let outcome = try assay(["list", "--json"], at: rig.path)
        #expect(outcome.status == 5 && outcome.errors.contains(#""code":"locked""#), "\(outcome)")
        #expect(rig.commands.isEmpty)
        withExtendedLifetime(held) {}
    }

    @Test func aSpeedThatNoPortHasIsWrongUsage() throws {
        let rig = try SimulatedLine().rig()
        defer { rig.end() }
        let outcome = try assay(["list", "--baud", "115201"], at: rig.path)
        #expect(outcome.status == 2 && outcome.errors.contains("found 115201 baud"), "\(outcome)")
        #expect(try assay(["list", "--baud", "1000000", "--rtscts"], at: rig.path).status == 0)
    }

    /// A private key never comes back, by result or message.
    @Test func privateKeysAreNotPrinted() throws {
        let line = try SimulatedLine()
        let rig = try line.rig { heard, answer in
            // A modem that repeats what it is told, then refuses.
            heard.hasPrefix("AT%CMNG=0") ? [.text(heard), .text("+CME ERROR: 527\r\n")] : [.octets(answer)]
        }
        defer { rig.end() }
        try makeAuthority()
        let key = try String(contentsOf: folder.url.appendingPathComponent("ca/ca.key"), encoding: .utf8)
        let outcome = try assay(["install", "--sec-tag", "42", "ca/ca.key"], at: rig.path)
        #expect(outcome.status == 4 && outcome.errors.contains("527"), "\(outcome)")
        for secret in key.split(separator: "\n").dropFirst().dropLast() {
            #expect(!(outcome.output + outcome.errors).contains(secret))
        }
    }

    // MARK: Killed and at once

    /// Killed at any moment the table has its row or has not, and the command given again completes it.
    @Test func killsLeaveNoHalfRows() throws {
        let line = try SimulatedLine()
        let rig = try line.rig()
        defer { rig.end() }
        let before = "352656100000002,50343956-3037-4738-800d-1f29e0a0f7bf,t,x\n"
        var random = SplitMix64(seed: 9)
        var interrupted = 0
        for _ in 0..<25 {
            try folder.write(before, to: "attestation_tokens.csv")
            let program = try Program(
                TestPaths.binary, ["modem", "tokens", "--port", rig.path], in: folder.url)
            Thread.sleep(forTimeInterval: Double(random.next() % 60) / 1_000)
            program.send(SIGKILL)
            if try program.wait().status == nil { interrupted += 1 }
            let rows = table()
            #expect(
                rows == before || (rows.hasPrefix(before) && rows.hasSuffix("+00:00\n") && rows.count > 200))
        }
        #expect(interrupted > 0)
        #expect(try assay(["tokens"], at: rig.path).status == 0)
        #expect(table().split(separator: "\n").count == 2)
    }

    @Test func manyBenchesAddToOneTable() throws {
        let lines = try (0..<6).map { try SimulatedLine(index: $0) }
        let rigs = try lines.map { try $0.rig() }
        defer { for rig in rigs { rig.end() } }
        let programs = try rigs.map {
            try Program(TestPaths.binary, ["modem", "tokens", "--port", $0.path], in: folder.url)
        }
        for program in programs { #expect(try program.wait().status == 0) }
        let uuids = table().split(separator: "\n").map { $0.split(separator: ",")[1] }
        #expect(Set(uuids.map(String.init)) == Set(lines.map { "\($0.device.uuid)" }) && uuids.count == 6)
    }
}
