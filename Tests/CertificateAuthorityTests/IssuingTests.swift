@testable import CertificateAuthority
import Diagnostics
import OpenSSL
import PKIX
import Testing

@Suite struct IssuingTests {
    func vetted(_ subject: String, key: PrivateKey) throws -> VettedRequest {
        try RequestVetter(profile: .device, demand: .none)
            .vet(try CertificationRequest.make(subject: try name(subject), key: key)).get()
    }

    @Test(arguments: PrivateKey.GeneratedKind.allCases)
    func certificatesOfEveryIssuer(_ kind: PrivateKey.GeneratedKind) throws {
        let issuer = try makeIssuer(kind)
        let worker = try IssuingBench(plan: try IssuancePlan(issuer: issuer, profile: .device, at: now))
        let key = try deviceKey(1)
        let plan = try IssuancePlan(issuer: issuer, profile: .device, at: now)
        let issued = try worker.issue(
            try vetted("CN=sensor,O=Example", key: key), serial: try serial(0xff), validity: plan.validity)
        let read = try ParsedCertificate(der: issued.der)
        #expect(read.serial == issued.serial)
        #expect(read.serialText == "7f" + String(repeating: "ff", count: 19))
        #expect(read.subject.description == "CN=sensor,O=Example")
        #expect(read.issuer == issuer.certificate.subject)
        #expect(read.publicKey.der == key.publicKey.spki)
        #expect(read.validity.notBefore == now - 300)
        #expect(read.validity.notAfter == now - 300 + 3650 * day)
        #expect(read.basicConstraints?.isCA == false)
        #expect(read.keyUsage == [.digitalSignature, .keyAgreement])
        #expect(read.extendedKeyUsage == [.clientAuth])
        #expect(read.subjectKeyIdentifier == read.publicKey.keyIdentifier)
        #expect(read.authorityKeyIdentifier == issuer.certificate.subjectKeyIdentifier)
        #expect(read.extensions.count == 5)
        #expect(issued.fingerprint == Digest.sha256(issued.der))
        let authority = try PublicKey(spki: issuer.certificate.publicKey.der)
        #expect(
            authority.isValid(
                signature: Array(issued.der[read.signatureRange]), over: Array(issued.der[read.tbsRange]),
                algorithm: issuer.algorithm))
    }

    @Test func ownKeyAndOwnName() throws {
        let key = try deviceKey(1)
        let der = try certificate(
            subject: "CN=Own", key: key, extensions: CertificateTemplate.authorityExtensions(pathLength: nil))
        let issuer = try Issuer(chain: [der], key: key, at: now)
        let worker = try IssuingBench(plan: try IssuancePlan(issuer: issuer, profile: .device, at: now))
        guard
            case .failure(let reused) = worker.draft(
                try vetted("CN=device", key: key), serial: try serial(1))
        else {
            Issue.record("the CA's key was certified")
            return
        }
        #expect(reused.code == .keyReused)
        guard
            case .failure(let named) = worker.draft(
                try vetted("CN=Own", key: try deviceKey(2)), serial: try serial(1))
        else {
            Issue.record("the CA's name was certified")
            return
        }
        #expect(named.code == .csrSubject)
    }

    struct Period: Sendable {
        let days: Int
        /// The CA's notBefore and notAfter, seconds from now.
        let issuer: (Int64, Int64)
        /// Seconds from now; nil for `validity`.
        let expected: (Int64, Int64)?
    }

    @Test(arguments: [
        Period(days: 1, issuer: (-day, day), expected: (-300, day - 300)),
        Period(days: 10, issuer: (-day, 10 * day - 300), expected: (-300, 10 * day - 300)),
        Period(days: 10, issuer: (-day, 10 * day - 301), expected: nil),
        Period(days: 1, issuer: (-100, day), expected: (-100, day - 100)),
        Period(days: 0, issuer: (-day, day), expected: nil),
        Period(days: -1, issuer: (-day, day), expected: nil),
        Period(days: 36_500, issuer: (-day, 36_500 * day), expected: (-300, 36_500 * day - 300)),
        Period(days: 36_501, issuer: (-day, 40_000 * day), expected: nil),
        Period(days: .max, issuer: (-day, day), expected: nil),
    ])
    func validity(_ test: Period) throws {
        let issuer = try #require(
            ValidityPeriod(notBefore: now + test.issuer.0, notAfter: now + test.issuer.1))
        let found = try? IssuancePlan.validity(ValidityRule(.days(test.days)), within: issuer, at: now)
        #expect(found?.notBefore == test.expected.map { now + $0.0 })
        #expect(found?.notAfter == test.expected.map { now + $0.1 })
    }

    /// The reading before the signature notices every bit of a TBSCertificate that is not as it was meant, under
    /// every profile that certifies devices.
    @Test(arguments: [CertificateProfile.device, .deviceMinimal, .operator])
    func lintNoticesEveryFlippedBit(_ profile: CertificateProfile) throws {
        try expectEveryFlippedBit(IssuancePlan(issuer: try makeIssuer(), profile: profile, at: now))
    }

    private func expectEveryFlippedBit(_ plan: IssuancePlan) throws {
        let request = try vetted("CN=sensor", key: try deviceKey(1))
        let number = try serial(5)
        let tbs = plan.form.makeTBS(
            serial: number, validity: plan.validity, subject: request.lintSubject)
        func finding(_ bytes: [UInt8]) -> String? {
            plan.form.finding(
                in: bytes, serial: number, validity: plan.validity, subject: request.lintSubject)
        }
        #expect(finding(tbs) == nil)
        for index in tbs.indices {
            for bit in 0..<8 {
                var damaged = tbs
                damaged[index] ^= 1 << UInt8(bit)
                #expect(finding(damaged) != nil, "octet \(index), bit \(bit)")
            }
        }
        #expect(finding(Array(tbs.dropLast())) != nil)
        #expect(finding(tbs + [0]) != nil)
    }
}

/// Who drafts and who signs under one plan.
struct IssuingBench {
    private let drafter: CertificateDrafter
    private let worker: IssuingWorker

    init(plan: IssuancePlan) throws(ToolError) {
        drafter = CertificateDrafter(plan: plan)
        worker = try IssuingWorker(plan: plan)
    }

    func draft(
        _ request: VettedRequest, serial: CertificateSerial, validity: ValidityPeriod? = nil
    ) -> Result<CertificateDraft, CheckFailure> {
        drafter.draft(request, serial: serial, validity: validity)
    }

    func prepare(
        _ draft: CertificateDraft, serial: CertificateSerial, validity: ValidityPeriod,
        for request: VettedRequest
    ) throws(ToolError) -> PreparedCertificate {
        try drafter.prepare(draft, serial: serial, validity: validity, for: request)
    }

    func prepare(
        _ tbs: [UInt8], serial: CertificateSerial, validity: ValidityPeriod, for request: VettedRequest
    ) throws(ToolError) -> PreparedCertificate {
        try drafter.prepare(tbs, serial: serial, validity: validity, for: request)
    }

    func sign(_ prepared: consuming PreparedCertificate) throws(ToolError) -> IssuedCertificate {
        try worker.sign(prepared)
    }

    /// Drafts, checks and signs in one go.
    func issue(
        _ request: VettedRequest, serial: CertificateSerial, validity: ValidityPeriod
    ) throws -> IssuedCertificate {
        try sign(
            try prepare(
                try draft(request, serial: serial).get(), serial: serial, validity: validity, for: request))
    }
}
