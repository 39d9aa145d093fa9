import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Foundation
import Ledger
import OpenSSL
import PKIX
import Registry
import TestFleet
import TestSupport
import Testing

@testable import Store

/// What a dry run says is what the run then does, whatever is on record and in whatever order requests come; and it leaves
/// no trace.
@Suite struct PreviewTests {
    /// Few keys, devices and names, so that requests meet.
    private struct Source {
        var random: SplitMix64
        let ledger: TestLedger
        private var count: UInt16 = 0

        init(seed: UInt64, _ ledger: TestLedger) {
            random = SplitMix64(seed: seed)
            self.ledger = ledger
        }

        mutating func intent() throws -> IssuanceIntent {
            count += 1
            let key = Digest.sha256([UInt8(random.next() % 8)])
            let device = try #require(
                DeviceUUID(bytes: [UInt8](repeating: UInt8(random.next() % 4) + 1, count: 16)[...]))
            let subjects = [
                "CN=\(device)", "CN=pump", "CN=PUMP,O=Example", "CN=nrf-352656100367872", "CN=lamp",
            ]
            let subject = subjects[Int(random.next() % 5)]
            let isAttested = random.next() % 2 == 0
            let isProven = isAttested && subject == subjects[0]
            let serial = try #require(
                CertificateSerial(
                    random: [UInt8](repeating: 0, count: 18) + [UInt8(count >> 8), UInt8(count & 0xFF)])
            )
            return IssuanceIntent(
                authority: random.next() % 8 == 0 ? [UInt8](repeating: 9, count: 32) : ledger.issuer.identity,
                profile: random.next() % 4 == 0 ? "operator" : "device",
                request: Digest.sha256(key + Array(subject.utf8)), serial: serial.magnitude, keyID: key,
                device: isAttested || subject == subjects[0] ? device : nil, subject: subject,
                notBefore: TestLedger.now, notAfter: TestLedger.now + 86_400,
                tbsDigest: Digest.sha256(serial.magnitude),
                attestation: isAttested
                    ? AttestationEvidence(profile: .plain, keyID: [UInt8](repeating: 5, count: 32)) : nil,
                isNameProven: isProven,
                objection: random.next() % 16 == 0 ? CheckFailure(.notAttested, "no word of the device") : nil
            )
        }

        mutating func batches() throws -> [[IssuanceIntent]] {
            var batches: [[IssuanceIntent]] = []
            for _ in 0..<4 {
                var batch: [IssuanceIntent] = []
                for _ in 0..<random.next() % 8 { batch.append(try intent()) }
                batches.append(batch)
            }
            return batches
        }
    }

    /// What an answer comes to. An unfinished row is completed once.
    private static func verdict(_ outcome: IntentOutcome, _ completed: inout Set<Int64>) -> String {
        switch outcome {
        case .sign(let draft) where draft.isOwn: "sign"
        case .sign(let draft): completed.insert(draft.id).inserted ? "complete" : "existing"
        case .existing, .sameAs: "existing"
        case .rejected(let failure): failure.code.rawValue
        }
    }

    /// Signs and enters what the ledger ordered.
    private func enter(
        _ outcomes: [IntentOutcome], _ ledger: TestLedger, skipping skips: () -> Bool = { false }
    ) throws {
        for case .sign(let draft) in outcomes where !skips() {
            let certificate = Array("certificate".utf8) + draft.intent.serial
            _ = try ledger.store.exchange(
                [TestLedger.signed(draft, certificate)], [], reissue: false, at: TestLedger.now)
        }
    }

    /// What the files of a store hold, octet for octet.
    private func contents(_ ledger: TestLedger) throws -> [Data] {
        try ["", "-wal"].map { try Data(contentsOf: URL(fileURLWithPath: ledger.path + $0)) }
    }

    @Test(arguments: Array(UInt64(1)...40))
    func aDryRunSaysWhatTheRunDoes(_ seed: UInt64) throws {
        let ledger = try TestLedger()
        ledger.store.lookup.rowsPerMove = seed % 2 == 0 ? 1 : 1_000
        var source = Source(seed: seed, ledger)
        var random = SplitMix64(seed: ~seed)
        for batch in try source.batches() {
            let outcomes = try ledger.store.exchange([], batch, reissue: false, at: TestLedger.now).outcomes
            try enter(outcomes, ledger) { random.next() % 4 == 0 }
        }
        for row in 1...Int64(3) where random.next() % 2 == 0 {
            guard let serial = try ledger.store.serial(ofRow: row) else { continue }
            let reason: RevocationReason = random.next() % 2 == 0 ? .superseded : .keyCompromise
            _ = try ledger.store.revoke([serial], reason: reason, at: TestLedger.now)
        }
        let batches = try source.batches()
        let reissue = seed % 3 == 0
        let before = try contents(ledger)
        let preview = try LedgerPreview(SQLiteStore(path: ledger.path, access: .readOnly))
        var completed: Set<Int64> = []
        var expected: [String] = []
        for batch in batches {
            let outcomes = try preview.exchange([], batch, reissue: reissue, at: TestLedger.now).outcomes
            expected += outcomes.map { Self.verdict($0, &completed) }
        }
        #expect(try contents(ledger) == before)
        // The run is another process.
        let store = try SQLiteStore(path: ledger.path, access: .readWrite)
        store.lookup.rowsPerMove = ledger.store.lookup.rowsPerMove
        completed = []
        var found: [String] = []
        for batch in batches {
            let outcomes = try store.exchange([], batch, reissue: reissue, at: TestLedger.now).outcomes
            found += outcomes.map { Self.verdict($0, &completed) }
            try enter(outcomes, ledger)
        }
        #expect(found == expected, "seed \(seed)")
    }

    @Test func aDryRunTakesNoCertificates() throws {
        let ledger = try TestLedger()
        let outcome = try ledger.store.exchange([], [ledger.intent()], reissue: false, at: TestLedger.now)
        guard case .sign(let draft)? = outcome.outcomes.first else { return }
        let preview = try LedgerPreview(SQLiteStore(path: ledger.path, access: .readOnly))
        let error = #expect(throws: ToolError.self) {
            try preview.exchange([TestLedger.signed(draft, [1])], [], reissue: false, at: TestLedger.now)
        }
        #expect(error?.code == .internalFault)
    }

    /// The same by the program: good requests, requests twice, names and keys of others, damage, devices without a word.
    @Test(arguments: Array(UInt64(301)...303))
    func theProgramSaysWhatItThenDoes(_ seed: UInt64) throws {
        let scenario = try NameScenario(seed: seed, count: 40)
        var random = SplitMix64(seed: ~seed)
        let folder = try WorkFolder()
        func run(_ arguments: [String]) throws -> Program.Outcome {
            try Program(TestPaths.binary, arguments, in: folder.url, environment: ["HOME": folder.url.path])
                .wait()
        }
        #expect(try run(["ca", "init", "ca", "--subject", "CN=CA", "--no-passphrase"]).status == 0)
        var rows = "uuid,imei,spkiBase64\n"
        for member in scenario.members where member.isRegistered {
            rows +=
                "\(member.device.uuid),\(member.hasIMEI ? member.device.imei.description : ""),"
                + member.device.spkiBase64 + "\n"
        }
        try folder.write(rows, to: "devices.csv")
        #expect(try run(["device", "import", "devices.csv", "--store", "s.db"]).status == 0)
        for part in 0..<4 {
            var lines = scenario.requests[part * 10..<part * 10 + 10].map { request -> String in
                if let token = request.token { return "{\"token\":\"\(token)\"}" }
                let pem = PEMWriter.encode(label: "CERTIFICATE REQUEST", der: request.der)
                return "{\"csr\":\"\(String(decoding: pem, as: UTF8.self).replacing("\n", with: "\\n"))\"}"
            }
            lines += [
                lines[Int(random.next() % 10)], lines[Int(random.next() % 10)], "{\"csr\":\"nonsense\"}",
            ]
            let spoilt = lines[Int(random.next() % 10)]
            lines.append(String(spoilt.dropLast(6)) + "AA" + spoilt.suffix(4))
            try folder.write(lines.joined(separator: "\n") + "\n", to: "\(part).jsonl")
            let options =
                ["ca", "issue", "--ca", "ca", "--store", "s.db", "--json", "\(part).jsonl"]
                + (part % 2 == 0 ? [] : ["--reissue"])
            let files = ["ca/ledger.db", "s.db"].map { folder.url.appendingPathComponent($0) }
            let before = try files.map { try Data(contentsOf: $0) }
            let dry = try run(options + ["--dry-run"])
            #expect(try files.map { try Data(contentsOf: $0) } == before)
            let real = try run(options)
            #expect(dry.status == real.status)
            #expect(dry.wholeLines.count == lines.count, "\(dry.errors)")
            let renamed = ["wouldIssue": "issued", "wouldExist": "existing"]
            let said = try dry.wholeLines.map { try Self.decision(String($0), renamed) }
            #expect(
                said == (try real.wholeLines.map { try Self.decision(String($0), [:]) }),
                "seed \(seed), part \(part)"
            )
        }
    }

    /// Status, device, name and codes of a result.
    private static func decision(_ line: String, _ renamed: [String: String]) throws -> [String] {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let status = object["status"] as? String ?? ""
        let failures = object["failures"] as? [[String: String]] ?? []
        return [
            renamed[status] ?? status, object["deviceUuid"] as? String ?? "",
            object["claimedDeviceUuid"] as? String ?? "", object["subject"] as? String ?? "",
            object["csrSha256"] as? String ?? "",
        ] + failures.compactMap { $0["code"] }
    }
}
