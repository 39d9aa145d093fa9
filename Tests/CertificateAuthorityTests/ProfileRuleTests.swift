import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX
import Testing

@testable import CertificateAuthority

/// What profiles do to requests: names, ends, sizes, attestation.
@Suite struct ProfileRuleTests {
    static let uuid = "50363154-3931-44f0-8022-121b6401627d"

    /// A profile from the members of one in a document.
    func profile(_ members: String) throws -> CertificateProfile {
        let text = #"{"schema":"assay.profiles/1","profiles":{"test":{\#(members)}}}"#
        return try ProfileSet(parsing: Array(text.utf8), origin: "test").named("test")
    }

    static let rest = """
        "extensions":{"basicConstraints":{"ca":false},"keyUsage":["digitalSignature"],"extendedKeyUsage":["clientAuth"]}
        """

    func vet(
        _ profile: CertificateProfile, _ subject: DistinguishedName, imei: String? = nil,
        key: PrivateKey? = nil
    ) throws -> Result<VettedRequest, RequestVetter.Rejection> {
        let request = try CertificationRequest.make(subject: subject, key: try key ?? deviceKey(1))
        return try RequestVetter(profile: profile, demand: .none).vet(request, expecting: .init(imei: imei))
    }

    // MARK: Subjects

    @Test(
        arguments: [
            ("CN=meter-7,OU=12", nil),
            ("OU=12", "expected CN in the subject, found none"),
            ("CN=a,CN=b", "expected one common name, found 2"),
            ("CN=meter 7", "CN may hold only identifier characters"),
            ("CN=z\\C3\\A9", "CN may hold only identifier characters"),
            ("CN=a,O=b", "the profile does not allow O in a subject"),
            ("CN=a,1.2.3=b", "the profile does not allow 1.2.3 in a subject"),
            ("CN=a,OU=1", "OU must have 2…8 characters, found 1"),
            ("CN=a,OU=123456789", "OU must have 2…8 characters, found 9"),
            ("CN=a,OU=12a", "OU may hold only digits characters"),
            ("CN=a,OU=12,OU=34", nil),
            ("CN=a,OU=12,OU=34,OU=56", "expected OU at most 2 times, found it more often"),
        ] as [(String, String?)])
    func attributes(_ subject: String, _ reason: String?) throws {
        let profile = try profile(
            """
            "keys":[{"type":"p256"}],"validity":{"days":1},"subject":{"from":["csr"],"attributes":[
            {"type":"CN","required":true,"characters":"identifier"},
            {"type":"OU","maximumCount":2,"minimumLength":2,"maximumLength":8,"characters":"digits"}]},\(Self.rest)
            """)
        let result = try vet(profile, name(subject))
        if let reason {
            guard case .failure(let rejection) = result else {
                Issue.record("it was accepted")
                return
            }
            #expect(rejection.failures == [CheckFailure(.csrSubject, reason)])
        } else {
            #expect(try result.get().subject == name(subject))
        }
        #expect((profile.subject.objection(to: try name(subject)) == nil) == (reason == nil))
    }

    static func template(_ value: String) -> String {
        """
        "keys":[{"type":"p256"}],"validity":{"days":1},
        "subject":{"from":["template"],"template":[{"type":"O","value":"Example"},{"type":"CN","value":"\(value)"}]},\(rest)
        """
    }

    @Test(
        arguments: [
            ("meter-{deviceUuid}", "CN=\(uuid),O=Other", nil, "CN=meter-\(uuid),O=Example"),
            ("meter-{deviceUuid}", "CN=sensor", nil, nil),
            ("{imei}/x", "CN=nrf-355025930000000", nil, "CN=355025930000000/x,O=Example"),
            ("{imei}", "CN=sensor", "490154203237518", "CN=490154203237518,O=Example"),
            ("{imei}", "CN=sensor", "490154203237519", nil),
            ("{imei}", "CN=sensor", nil, nil),
            ("a-{csr.CN}", "CN=sensor,OU=x", nil, "CN=a-sensor,O=Example"),
            ("{csr.OU}", "CN=sensor", nil, nil),
            ("{csr.OU}", "OU=a,OU=b", nil, nil),
            // Longer than a common name may be.
            ("{deviceUuid}-{csr.CN}", "CN=\(uuid)", nil, nil),
        ] as [(String, String, String?, String?)])
    func templates(_ value: String, _ subject: String, _ imei: String?, _ expected: String?) throws {
        let profile = try profile(Self.template(value))
        let result = try vet(profile, name(subject), imei: imei)
        guard let expected else {
            guard case .failure(let rejection) = result else {
                Issue.record("it was accepted")
                return
            }
            #expect(rejection.failures.map(\.code) == [.csrSubject])
            return
        }
        let made = try result.get().subject
        #expect(made.description == expected)
        #expect(profile.subject.objection(to: made) == nil)
        #expect(profile.subject.objection(to: try name("CN=other,O=Example")) != nil || value.contains("csr"))
        #expect(profile.subject.objection(to: try name("O=Example")) != nil)
    }

    @Test func namesOfAllRules() throws {
        let policy = SubjectPolicy([.uuid, .imei])
        for (subject, isOne) in [
            ("CN=\(Self.uuid)", true), ("CN=\(Self.uuid.uppercased())", false), ("CN=\(Self.uuid)x", false),
            ("CN=nrf-355025930000000", true), ("CN=nrf-35502593000000", false), ("CN=355025930000000", false),
            ("CN=\(Self.uuid),O=a", false), ("O=\(Self.uuid)", false),
        ] {
            #expect((policy.objection(to: try name(subject)) == nil) == isOne, "\(subject)")
        }
    }

    @Test func alternativeNameNeedsADevice() throws {
        let meter = try fixtureProfiles().named("meter")
        #expect(meter.extensionRule.alternativeName == .deviceUUID)
        let profile = try profile(
            """
            "keys":[{"type":"p256"}],"validity":{"days":1},"subject":{"from":["csr"]},
            "extensions":{"basicConstraints":{"ca":false},"keyUsage":["digitalSignature"],
            "extendedKeyUsage":["clientAuth"],"subjectAltName":"deviceUuid"}
            """)
        guard case .failure(let rejection) = try vet(profile, name("CN=sensor")) else {
            Issue.record("it was accepted")
            return
        }
        #expect(rejection.failures.map(\.code) == [.csrSubject])
        let plan = try IssuancePlan(issuer: makeIssuer(), profile: profile, at: now)
        let request = try vet(profile, name("CN=\(Self.uuid)")).get()
        let issued = try IssuingBench(plan: plan).issue(request, serial: serial(1), validity: plan.validity)
        let name = try #require(
            try ParsedCertificate(der: issued.der).extensions.first { $0.oid == .subjectAlternativeName })
        #expect(name == .subjectAlternativeName(uri: Array("urn:uuid:\(Self.uuid)".utf8)))
        // The reading before the signature compares it with the device's.
        var damaged = plan.form.makeTBS(
            serial: try serial(1), validity: plan.validity, subject: request.lintSubject)
        let place = try #require(damaged.indices.first { damaged[$0...].starts(with: "urn:uuid:5".utf8) })
        damaged[place + 9] ^= 1
        let worker = try IssuingBench(plan: plan)
        #expect(
            errorCode {
                _ = try worker.prepare(
                    damaged, serial: try serial(1), validity: plan.validity, for: request)
            } == .lint)
    }

    // MARK: Validity

    @Test func ends() throws {
        func rule(_ lifetime: Lifetime, _ beyond: ValidityRule.BeyondIssuer) -> ValidityRule {
            ValidityRule(lifetime, backdate: 60, beyondIssuer: beyond)
        }
        let short = try #require(ValidityPeriod(notBefore: now - day, notAfter: now + day))
        let endless = try #require(ValidityPeriod(notBefore: now - day, notAfter: DERTime.latest))
        #expect(
            try IssuancePlan.validity(rule(.never, .refuse), within: endless, at: now).notAfter
                == DERTime.latest)
        #expect(
            try IssuancePlan.validity(rule(.days(2), .clamp), within: short, at: now).notAfter
                == short.notAfter)
        #expect(
            try IssuancePlan.validity(rule(.never, .clamp), within: short, at: now).notAfter == short.notAfter
        )
        #expect(
            try IssuancePlan.validity(rule(.days(1), .clamp), within: short, at: now).notAfter == now - 60
                + day)
        for lifetime in [Lifetime.never, .days(2)] {
            #expect(
                errorCode { _ = try IssuancePlan.validity(rule(lifetime, .refuse), within: short, at: now) }
                    == .validity)
        }
    }

    /// UTCTime through 2049, GeneralizedTime from 2050 on, 99991231235959Z for no end.
    @Test(arguments: [
        (Lifetime.days(8584), "170d3439313233313233353935395a", DERTime.firstGeneralized - 1),
        (.days(8584), "180f32303530303130313030303030305a", DERTime.firstGeneralized),
        (.never, "180f39393939313233313233353935395a", DERTime.latest),
    ])
    func encodings(_ lifetime: Lifetime, _ encoding: String, _ end: Int64) throws {
        let key = try deviceKey(9)
        let der = try certificate(
            subject: "CN=Endless", key: key,
            extensions: CertificateTemplate.authorityExtensions(pathLength: 0),
            notAfter: DERTime.latest)
        let issuer = try Issuer(chain: [der], key: key, at: now)
        let profile = try profile(
            #""keys":[{"type":"p256"}],"subject":{"from":["csr"]},"validity":{"days":1,"maximumDays":"never","backdateSeconds":0},\#(Self.rest)"#
        )
        let start = if case .days(let days) = lifetime { end - Int64(days) * day } else { now }
        let plan = try IssuancePlan(issuer: issuer, profile: profile.lasting(lifetime), at: start)
        #expect(plan.validity.notAfter == end)
        let issued = try IssuingBench(plan: plan).issue(
            vet(profile, name("CN=a")).get(), serial: serial(1), validity: plan.validity)
        #expect(Hex.encode(issued.der).contains(encoding))
        #expect(try ParsedCertificate(der: issued.der).validity.notAfter == end)
    }

    // MARK: Size

    /// The bound on the length is the length of the longest signature, and never more.
    @Test func sizes() throws {
        let issuer = try makeIssuer()
        let small = try fixtureProfiles().named("small")
        let plan = try IssuancePlan(issuer: issuer, profile: small, at: now)
        let worker = try IssuingBench(plan: plan)
        var refused = 0
        for length in 1...64 {
            let request = try vet(small, name("CN=" + String(repeating: "x", count: length))).get()
            switch worker.draft(request, serial: try serial(1)) {
            case .failure(let failure):
                refused += 1
                #expect(failure.code == .lint)
                #expect(failure.message.contains("octets as PEM, the profile allows 680"))
            case .success(let tbs):
                #expect(refused == 0)
                let issued = try worker.sign(
                    worker.prepare(tbs, serial: serial(1), validity: plan.validity, for: request))
                #expect(PEMWriter.encode(label: "CERTIFICATE", der: issued.der).count <= 680)
            }
        }
        #expect(0 < refused && refused < 64)
        for count in [1, 2, 3, 46, 47, 48, 49, 96, 97, 500, 1535, 1536, 1537] {
            let pem = PEMWriter.encode(label: "CERTIFICATE", der: [UInt8](repeating: 7, count: count))
            #expect(PEMWriter.length(label: "CERTIFICATE", of: count) == pem.count)
        }
    }

    // MARK: Keys and signatures

    @Test func keysBySize() throws {
        let gateway = try fixtureProfiles().named("gateway")
        #expect(gateway.keys.objection(to: .rsa(bits: 3072), profile: "g") == nil)
        #expect(gateway.keys.objection(to: .rsa(bits: 4096), profile: "g") == nil)
        #expect(
            gateway.keys.objection(to: .rsa(bits: 2048), profile: "g")
                == "profile g certifies RSA keys of 3072…4096 bits, found 2048")
        #expect(gateway.keys.objection(to: .rsa(bits: 4097), profile: "g") != nil)
        #expect(gateway.keys.objection(to: .p384, profile: "g") == nil)
        #expect(
            gateway.keys.objection(to: .p256, profile: "g")
                == "profile g certifies ed25519, p384, rsa keys, found p256")
        #expect(gateway.keys.objection(to: .otherCurve("secp256k1"), profile: "g") != nil)
    }

    @Test func aHashThatTheKeyDoesNotHave() throws {
        #expect(
            errorCode {
                _ = try IssuancePlan(issuer: try makeIssuer(.ed25519), profile: .deviceMinimal, at: now)
            } == .profile)
        #expect(
            errorCode { _ = try IssuancePlan(issuer: try makeIssuer(), profile: .intermediate, at: now) }
                == .profile)
    }

    // MARK: Attestation

    @Test func aProfileDemandsAttestationWhateverTheCallerSays() throws {
        let trusted = try fixtureProfiles().named("meter").choosing(.uuid)
        let genuine = try token("keygen-csr-nrf9160")
        let key = try identityKey(Self.uuid)
        let observed = IdentityKey(publicKey: key.publicKey, trust: .observed)
        func outcome(
            _ profile: CertificateProfile, _ demand: RequestVetter.AttestationDemand, _ key: IdentityKey?,
            _ trust: KeyTrust = .observed
        ) throws -> [ErrorCode] {
            let vetter = try RequestVetter(profile: profile, demand: demand, minimumTrust: trust)
            guard case .failure(let rejection) = try vetter.vet(genuine, key: key) else { return [] }
            return rejection.failures.map(\.code)
        }
        for demand in [RequestVetter.AttestationDemand.none, .whenKeyIsKnown, .always] {
            #expect(try outcome(trusted, demand, key) == [])
            #expect(try outcome(trusted, demand, nil) == [.notAttested, .unknownKey])
            #expect(try outcome(trusted, demand, observed) == [.notAttested, .untrustedKey])
            let vetter = try RequestVetter(profile: trusted, demand: demand)
            let bare = try CertificationRequest.make(subject: name("CN=\(Self.uuid)"), key: deviceKey(1))
            guard case .failure(let rejection) = try vetter.vet(bare) else {
                Issue.record("a bare request was accepted")
                return
            }
            #expect(rejection.failures.map(\.code) == [.notAttested])
        }
        let lenient = try profile(
            #""keys":[{"type":"p256"}],"subject":{"from":["csr"]},"validity":{"days":1},"attestation":"observed",\#(Self.rest)"#
        )
        #expect(try outcome(lenient, .none, observed, .trusted) == [])
        #expect(try outcome(lenient, .none, nil) == [.notAttested, .unknownKey])
        // Who asks for more gets more.
        #expect(try outcome(lenient, .always, observed, .trusted) == [.notAttested, .untrustedKey])
        #expect(try outcome(lenient, .always, observed, .observed) == [])
    }

    // MARK: Drafts

    /// A draft is the same whenever it is made of the same; under a profile that was edited it is not signed.
    @Test func draftsOfEarlierRuns() throws {
        let issuer = try makeIssuer()
        let request = try vet(.device, name("CN=sensor")).get()
        let plan = try IssuancePlan(issuer: issuer, profile: .device, at: now)
        let tbs = try IssuingBench(plan: plan).draft(request, serial: serial(1)).get()
        // Another run, later, with other options within the profile: the old draft is completed as it was intended.
        let later = try IssuancePlan(
            issuer: issuer, profile: CertificateProfile.device.lasting(.days(9)), at: now + day)
        let worker = try IssuingBench(plan: later)
        #expect(try worker.draft(request, serial: serial(1), validity: plan.validity).get() == tbs)
        #expect(try worker.draft(request, serial: serial(1)).get() != tbs)
        let completed = try worker.sign(
            worker.prepare(tbs, serial: serial(1), validity: plan.validity, for: request))
        #expect(try ParsedCertificate(der: completed.der).validity == plan.validity)
        for edited in [
            #""keys":[{"type":"p256"}],"subject":{"from":["csr"]},"validity":{"days":3649},"#
                + #""extensions":{"basicConstraints":{"ca":false},"keyUsage":["digitalSignature","keyAgreement"],"extendedKeyUsage":["clientAuth"]}"#,
            #""keys":[{"type":"p256"}],"subject":{"from":["csr"]},"validity":{"days":3650},\#(Self.rest)"#,
            #""keys":[{"type":"p256"}],"subject":{"from":["csr"]},"validity":{"days":3650},"signatureHash":"sha512","#
                + #""extensions":{"basicConstraints":{"ca":false},"keyUsage":["digitalSignature","keyAgreement"],"extendedKeyUsage":["clientAuth"]}"#,
        ] {
            let other = try IssuingBench(
                plan: IssuancePlan(issuer: issuer, profile: profile(edited), at: now))
            #expect(
                errorCode {
                    _ = try other.prepare(tbs, serial: try serial(1), validity: plan.validity, for: request)
                } == .lint)
        }
    }

    // MARK: CAs

    @Test func intermediatesKeepTheirProfile() throws {
        let profile = try fixtureProfiles().named("intermediate")
        let issuer = try makeIssuer()
        func make(_ kind: PrivateKey.GeneratedKind, _ lifetime: Lifetime, _ length: UInt8?) -> ErrorCode? {
            errorCode {
                let key = try PrivateKey.generate(kind)
                let request = AuthorityRequest(
                    subject: try name("CN=Below"), lifetime: lifetime, pathLength: length,
                    serial: try serial(1))
                let der = try AuthorityCertificate.intermediate(
                    request, publicKey: key.publicKey, issuer: issuer, profile: profile, at: now)
                let examiner = CertificateExaminer(
                    profile: profile, authority: try KnownAuthority(der: issuer.certificate.der))
                #expect(examiner.findings(in: try CertificateReading(certificate: der)) == [])
            }
        }
        #expect(make(.p256, .days(1000), 0) == nil)
        #expect(make(.p384, .days(2000), 1) == nil)
        #expect(make(.p256, .days(1000), 2) == .profile)
        #expect(make(.p256, .days(2001), 0) == .profile)
        #expect(make(.p256, .never, 0) == .profile)
        #expect(make(.ed25519, .days(1000), 0) == .csrKey)
    }
}
