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

/// Whatever comes in whatever order: no two devices have one name, nobody has a registered device's but that device, and
/// no device is refused its own.
@Suite struct NamePropertyTests {
    private final class Registry: KnownDevices {
        var imeis: [DeviceUUID: IMEI?] = [:]

        func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value { try body() }
        func isKnown(_ device: DeviceUUID) throws(ToolError) -> Bool { imeis[device] != nil }
        func imei(of device: DeviceUUID) throws(ToolError) -> IMEI? { imeis[device] ?? nil }
        func devices(withIMEISerial serial: Int64) throws(ToolError) -> [DeviceUUID] {
            imeis.filter { $0.value?.serial == serial }.map(\.key)
        }
    }

    @Test(arguments: Array(UInt64(1)...24))
    func namesStayWithTheirDevices(_ seed: UInt64) throws {
        let scenario = try NameScenario(seed: seed, count: 60)
        let ledger = try TestLedger()
        ledger.store.lookup.rowsPerMove = seed % 2 == 0 ? 1 : 1_000
        let registry = Registry()
        for member in scenario.members where member.isRegistered {
            registry.imeis[member.device.uuid] = .some(member.hasIMEI ? member.device.imei : nil)
        }
        let vetter = try RequestVetter(profile: .device, demand: .whenKeyIsKnown, registry: registry)
        var random = SplitMix64(seed: ~seed)
        var judge = NameScenario.Judge(scenario)
        for (number, request) in scenario.requests.enumerated() {
            let code = try outcome(
                request, scenario, vetter, ledger, profile: number % 3 == 0 ? "operator" : "device")
            let complaint = judge.judge(request, code)
            #expect(complaint == nil, "seed \(seed), request \(number): \(request.maker), \(request.name)")
            if random.next() % 5 == 0 {
                let serial = try ledger.store.serial(ofRow: Int64(random.next() % 20) + 1)
                let reason: RevocationReason = random.next() % 2 == 0 ? .superseded : .keyCompromise
                if let serial { _ = try ledger.store.revoke([serial], reason: reason, at: TestLedger.now) }
            }
        }
        #expect(try ledger.store.duplicates() == [])
        // The certificates here have the names and keys of other requests.
        #expect(try ledger.store.verifyLedger(includesContents: false).findings == [])
    }

    private func outcome(
        _ request: NameScenario.Request, _ scenario: NameScenario, _ vetter: RequestVetter,
        _ ledger: TestLedger,
        profile: String
    ) throws -> ErrorCode? {
        let verdict: Result<VettedRequest, RequestVetter.Rejection>
        if let token = request.token {
            let read = try AttestationToken(Array(token.utf8)[...])
            let member = scenario.members.first { $0.device.uuid == read.deviceUUID && $0.isRegistered }
            let key = member.map { IdentityKey(publicKey: $0.device.publicKey, trust: .trusted) }
            verdict = try vetter.vet(read, key: key)
        } else {
            verdict = try vetter.vet(CertificationRequest(der: request.der))
        }
        guard case .success(let vetted) = verdict else {
            guard case .failure(let rejection) = verdict else { return .internalFault }
            return rejection.failures.first?.code
        }
        let plain = try ledger.intent()
        let serial = try #require(CertificateSerial(magnitude: plain.serial))
        let validity = try #require(ValidityPeriod(notBefore: plain.notBefore, notAfter: plain.notAfter))
        let template = try #require(
            CertificateTemplate(
                issuer: ledger.issuer.certificate.subject, algorithm: ledger.issuer.algorithm,
                extensions: ledger.profile.extensions,
                issuerKeyIdentifier: ledger.issuer.certificate.publicKey.keyIdentifier))
        let tbs = template.makeTBS(
            serial: serial, subject: vetted.subject, publicKey: vetted.publicKey, validity: validity)
        let intent = IssuanceIntent(
            authority: plain.authority, profile: profile, request: vetted.requestSHA256, serial: plain.serial,
            keyID: Digest.sha256(vetted.publicKey.der), device: vetted.namedDeviceUUID,
            subject: vetted.subject.description, notBefore: plain.notBefore, notAfter: plain.notAfter,
            tbsDigest: Digest.sha256(tbs),
            attestation: vetted.attestation.map {
                AttestationEvidence(profile: $0.profile, keyID: $0.key.publicKey.kid)
            }, isNameProven: vetted.isNameProven, objection: vetted.objection)
        switch try ledger.store.exchange([], [intent], reissue: true, at: TestLedger.now).outcomes.first {
        case .sign(let draft):
            let certificate = try ledger.sign(tbs)
            _ = try ledger.store.exchange(
                [TestLedger.signed(draft, certificate)], [], reissue: true, at: TestLedger.now)
            return nil
        case .existing, .sameAs: return nil
        case .rejected(let failure): return failure.code
        case nil: return .internalFault
        }
    }

    /// The same by the program, its store and its ledger.
    @Test(arguments: Array(UInt64(101)...103))
    func theProgramKeepsNamesApart(_ seed: UInt64) throws {
        let scenario = try NameScenario(seed: seed, count: 40)
        let folder = try WorkFolder()
        func run(_ arguments: String...) throws -> Program.Outcome {
            try Program(TestPaths.binary, arguments, in: folder.url, environment: ["HOME": folder.url.path])
                .wait()
        }
        #expect(try run("ca", "init", "ca", "--subject", "CN=CA", "--no-passphrase").status == 0)
        var rows = "uuid,imei,spkiBase64\n"
        for member in scenario.members where member.isRegistered {
            rows +=
                "\(member.device.uuid),\(member.hasIMEI ? member.device.imei.description : ""),"
                + member.device.spkiBase64 + "\n"
        }
        try folder.write(rows, to: "devices.csv")
        #expect(try run("device", "import", "devices.csv", "--store", "s.db").status == 0)
        var judge = NameScenario.Judge(scenario)
        for part in 0..<4 {
            let requests = Array(scenario.requests[part * 10..<part * 10 + 10])
            let lines = requests.map { request -> String in
                if let token = request.token { return "{\"token\":\"\(token)\"}" }
                let pem = PEMWriter.encode(label: "CERTIFICATE REQUEST", der: request.der)
                return "{\"csr\":\"\(String(decoding: pem, as: UTF8.self).replacing("\n", with: "\\n"))\"}"
            }
            try folder.write(lines.joined(separator: "\n") + "\n", to: "\(part).jsonl")
            let outcome = try run(
                "ca", "issue", "--ca", "ca", "--store", "s.db", "--json", "--quiet", "--reissue",
                "--profile", part % 2 == 0 ? "device" : "device-minimal", "\(part).jsonl")
            #expect(outcome.wholeLines.count == requests.count, "\(outcome.errors)")
            for (request, line) in zip(requests, outcome.wholeLines) {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                let failures = object?["failures"] as? [[String: String]]
                let code = failures?.first?["code"].flatMap { ErrorCode(rawValue: $0) }
                let complaint = judge.judge(request, code)
                #expect(complaint == nil, "seed \(seed): \(request.maker), \(request.name): \(line)")
            }
        }
        let audit = try run("ca", "audit", "--ca", "ca", "--store", "s.db")
        #expect(audit.status == 0, "\(audit.output)")
    }
}
