import Attestation
import DeviceIdentity
import Diagnostics
import Foundation
import OpenSSL
import PKIX
import TestSupport
import Testing

@testable import CertificateAuthority

/// Certificates of every profile: what stands in them, and what other implementations say of them.
@Suite struct ProfileCertificateTests {
    static let uuid = "50363154-3931-44f0-8022-121b6401627d"

    /// A profile, the CA it is used under and a key that it certifies.
    struct Case: Sendable, CustomTestStringConvertible {
        let profile: CertificateProfile
        let authority: PrivateKey.GeneratedKind
        let key: PrivateKey.GeneratedKind
        var testDescription: String { "\(profile.name) under \(authority), key \(key)" }
    }

    static func cases() throws -> [Case] {
        let fixture = try fixtureProfiles()
        return [
            Case(profile: .device, authority: .p256, key: .p256),
            Case(profile: .device, authority: .p384, key: .p256),
            Case(profile: .deviceMinimal, authority: .p256, key: .p256),
            Case(profile: .deviceMinimal, authority: .p384, key: .p256),
            Case(profile: .deviceMinimal, authority: .rsa3072, key: .p256),
            Case(profile: .operator, authority: .p256, key: .p384),
            Case(profile: .operator, authority: .rsa3072, key: .rsa3072),
            Case(profile: .operator, authority: .ed25519, key: .ed25519),
            Case(profile: try fixture.named("meter"), authority: .p384, key: .p256),
            Case(profile: try fixture.named("meter"), authority: .p256, key: .p256),
            Case(profile: try fixture.named("small"), authority: .p256, key: .p256),
            Case(profile: try fixture.named("gateway"), authority: .p256, key: .p384),
            Case(profile: try fixture.named("gateway"), authority: .p384, key: .ed25519),
        ]
    }

    /// Issues at the time of this machine, as the peers look at the clock.
    struct Issued {
        let root: [UInt8]
        let certificate: ParsedCertificate
        let authority: KnownAuthority
    }

    func issue(_ test: Case, at time: Int64 = Int64(Date().timeIntervalSince1970)) throws -> Issued {
        let rootKey = try PrivateKey.generate(test.authority)
        let root = try AuthorityCertificate.root(
            AuthorityRequest(
                subject: try name("CN=Root,O=Peers"), lifetime: .never, pathLength: 0, serial: try serial(1)),
            key: rootKey, at: time)
        let issuer = try Issuer(chain: [root], key: rootKey, at: time)
        let plan = try IssuancePlan(issuer: issuer, profile: test.profile, at: time)
        let request = try request(for: test)
        let number = try serial(0xA5)
        let issued = try IssuingBench(plan: plan).issue(request, serial: number, validity: plan.validity)
        let certificate = try ParsedCertificate(der: issued.der)
        return Issued(root: root, certificate: certificate, authority: try KnownAuthority(der: root))
    }

    /// A request by a device that is attested where the profile wants that.
    func request(for test: Case) throws -> VettedRequest {
        guard test.profile.attestation == .optional else {
            let profile = try test.profile.choosing(.uuid)
            return try RequestVetter(profile: profile, demand: .none).vet(
                token("keygen-csr-nrf9160"), key: identityKey(Self.uuid)
            ).get()
        }
        let made = try CertificationRequest.make(
            subject: try name("CN=\(Self.uuid)"), key: try PrivateKey.generate(test.key))
        return try RequestVetter(profile: test.profile, demand: .none).vet(made).get()
    }

    @Test(arguments: try cases())
    func certificatesKeepTheirProfile(_ test: Case) throws {
        let issued = try issue(test)
        let reading = try CertificateReading(certificate: issued.certificate.der)
        let examiner = CertificateExaminer(profile: test.profile, authority: issued.authority)
        #expect(examiner.findings(in: reading).filter { $0.severity == .error } == [])
        let audit = try CertificateAudit(authority: issued.authority, profile: test.profile)
        let facts = LedgerFacts(
            serial: issued.certificate.serial?.magnitude ?? [],
            keyID: Digest.sha256(issued.certificate.publicKey.der),
            subject: issued.certificate.subject.description, device: try DeviceUUID(text: Self.uuid),
            isAttested: test.profile.attestation != .optional,
            notBefore: issued.certificate.validity.notBefore, notAfter: issued.certificate.validity.notAfter,
            tbsDigest: Digest.sha256(Array(issued.certificate.der[issued.certificate.tbsRange])))
        #expect(audit.failures(of: issued.certificate.der, facts) == [])
    }

    @Test(arguments: try cases())
    func opensslVerifies(_ test: Case) throws {
        let issued = try issue(test)
        try withFolder { folder in
            try write(issued, to: folder)
            // Strict verifiers want the key identifiers that this profile leaves out on purpose.
            let strict = test.profile.extensionRule.hasAuthorityKeyIdentifier ? ["-x509_strict"] : []
            let verified = try runPeer(
                ["openssl", "verify"] + strict + [
                    "-purpose", "sslclient", "-CAfile", "root.pem", "leaf.pem",
                ],
                in: folder)
            #expect(verified.status == 0 && verified.output == "leaf.pem: OK\n", "\(verified.output)")
            let text = try runPeer(["openssl", "x509", "-in", "leaf.pem", "-noout", "-text"], in: folder)
                .output
            #expect(text.contains("Version: 3 (0x2)"))
            #expect(text.contains("X509v3 extensions:") != issued.certificate.extensions.isEmpty)
            #expect(text.contains("URI:urn:uuid:\(Self.uuid)") == (test.profile.name == "meter"))
            #expect(text.contains("CA:TRUE") == false)
            let hash = try #require(
                ["ecdsa-with-SHA256", "ecdsa-with-SHA384", "sha256WithRSAEncryption", "ED25519"].first {
                    text.contains("Signature Algorithm: \($0)")
                })
            #expect(hash == expectedAlgorithm(test))
        }
    }

    private func expectedAlgorithm(_ test: Case) -> String {
        switch (test.authority, test.profile.signatureHash) {
        case (.ed25519, _): "ED25519"
        case (.rsa3072, _): "sha256WithRSAEncryption"
        case (_, .sha256), (.p256, .auto): "ecdsa-with-SHA256"
        default: "ecdsa-with-SHA384"
        }
    }

    @Test(arguments: try cases())
    func gnuTLSVerifies(_ test: Case) throws {
        let issued = try issue(test)
        try withFolder { folder in
            try write(issued, to: folder)
            let verified = try runPeer(
                ["certtool", "--verify", "--load-ca-certificate", "root.pem", "--infile", "leaf.pem"],
                in: folder)
            #expect(
                verified.status == 0 && verified.output.contains("The certificate is trusted."),
                "\(verified.output)")
        }
    }

    @Test(arguments: try cases())
    func pythonReadsTheSame(_ test: Case) throws {
        let issued = try issue(test)
        let rule = test.profile.extensionRule
        let expected =
            issued.certificate.extensions.map {
                "\($0.oid) \($0.isCritical ? "True" : "False")"
            }.joined(separator: ",")
        let count =
            test.profile.extensions.count + (rule.alternativeName == .none ? 0 : 1)
            + (rule.hasSubjectKeyIdentifier ? 1 : 0) + (rule.hasAuthorityKeyIdentifier ? 1 : 0)
        #expect(issued.certificate.extensions.count == count)
        let script = """
            from cryptography import x509
            load = lambda n: x509.load_pem_x509_certificate(open(n, "rb").read())
            leaf, root = load("leaf.pem"), load("root.pem")
            leaf.verify_directly_issued_by(root)
            print(",".join("%s %s" % (x.oid.dotted_string, x.critical) for x in leaf.extensions))
            print(leaf.not_valid_after.strftime("%Y%m%d%H%M%SZ"))
            """
        try withFolder { folder in
            try write(issued, to: folder)
            let lines = try runPython(script, in: folder).split(
                separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.contains { $0 == expected[...] }, "\(lines)")
            if test.profile.validity.lifetime == .never { #expect(lines.contains("99991231235959Z")) }
        }
    }

    /// The manual lists every rule with its weight and its standard.
    @Test func theManualListsTheRules() throws {
        let file = TestPaths.root.appendingPathComponent("man/assay-formats.5")
        let manual = try String(contentsOf: file, encoding: .utf8)
        let listed = manual.matches(of: /\.It Li ([a-z-]+)\n(.+)\.\n\((error|warning); (.+)\)\n/).map {
            "\($0.1): \($0.2) (\($0.3); \($0.4))"
        }
        let rules = (LintRule.allWithProfile + LintRule.revocationLists).map {
            "\($0.code): \($0.statement.prefix(1).uppercased())\($0.statement.dropFirst()) "
                + "(\($0.severity.rawValue); \($0.reference))"
        }
        #expect(listed == rules)
    }

    private func write(_ issued: Issued, to folder: URL) throws {
        for (name, der) in [("root.pem", issued.root), ("leaf.pem", issued.certificate.der)] {
            try Data(PEMWriter.encode(label: "CERTIFICATE", der: der)).write(to: folder.appending(path: name))
        }
    }

    /// What `create_device_cert` of the nRF Cloud utilities writes: the subject of the request and nothing else.
    @Test func minimalCertificatesAreTheUtilities() throws {
        let issued = try issue(Case(profile: .deviceMinimal, authority: .p256, key: .p256), at: now)
        #expect(issued.certificate.extensions == [])
        #expect(issued.certificate.subject.description == "CN=\(Self.uuid)")
        #expect(issued.certificate.validity.notBefore == now)
        #expect(issued.certificate.validity.notAfter == now + 3650 * day)
        #expect(issued.certificate.signatureAlgorithm.meaning == .supported(.ecdsa(.sha256)))
        let findings = CertificateExaminer().findings(
            in: try CertificateReading(certificate: issued.certificate.der))
        #expect(
            findings.map(\.rule.code) == [
                "authority-key-identifier-missing", "subject-key-identifier-absent",
            ])
        #expect(findings.map(\.severity) == [.error, .warning])
    }
}
