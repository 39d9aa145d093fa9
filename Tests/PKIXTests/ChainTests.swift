import Diagnostics
import OpenSSL
import PKIX
import Testing

@Suite struct ChainTests {
    private let now: Int64 = 1_800_000_000

    /// The code and reason of a refusal, without the place.
    private func failure(_ result: Result<VerifiedChain, CheckFailure>) -> String {
        switch result {
        case .success: "verified"
        case .failure(let failure): "\(failure.code.rawValue): \(failure.message.prefix { $0 != "(" })"
        }
    }

    @Test func verifiesChains() throws {
        let root = try TestAuthority("CN=Root")
        let middle = try TestAuthority("CN=Middle", below: root, pathLength: 0)
        let leaf = try middle.issue("CN=device")
        let verifier = try CertificateChainVerifier(anchors: [root.certificate])
        let chain = try verifier.verify(
            leaf, intermediates: [middle.certificate], at: now, purpose: .client
        ).get()
        #expect(chain.certificates == [leaf, middle.certificate, root.certificate])
        #expect(chain.leaf == leaf && chain.anchor == root.certificate && chain.weaknesses == [])
        #expect(
            failure(verifier.verify(leaf, at: now, purpose: .client))
                == "chain: unable to get local issuer certificate ")
        let reason = "chain: unsuitable certificate purpose "
        #expect(
            failure(verifier.verify(leaf, intermediates: [middle.certificate], at: now, purpose: .server))
                == reason)
        #expect(
            failure(verifier.verify(leaf, intermediates: [middle.certificate], at: now, purpose: .ca))
                == "chain: not a CA certificate ")
        _ = try verifier.verify(leaf, intermediates: [middle.certificate], at: now, purpose: .any).get()
        _ = try verifier.verify(middle.certificate, at: now, purpose: .ca).get()
        _ = try verifier.verify(root.certificate, at: now, purpose: .ca).get()
        #expect(
            failure(
                verifier.verify(
                    leaf, intermediates: [middle.certificate], at: now, purpose: .client, maximumDepth: 0))
                == "chain: certificate chain too long ")
    }

    @Test func anchorsMayBeIntermediatesButNotLeaves() throws {
        let root = try TestAuthority("CN=Root")
        let middle = try TestAuthority("CN=Middle", below: root)
        let leaf = try middle.issue("CN=device")
        let verifier = try CertificateChainVerifier(anchors: [middle.certificate])
        #expect(try verifier.verify(leaf, at: now, purpose: .client).get().anchor == middle.certificate)
        let trusting = try CertificateChainVerifier(anchors: [leaf])
        #expect(
            failure(trusting.verify(leaf, at: now, purpose: .client))
                == "chain: the trust anchor is not a CA certificate ")
        let nothing = try CertificateChainVerifier(anchors: [])
        #expect(
            failure(
                nothing.verify(
                    leaf, intermediates: [middle.certificate, root.certificate], at: now, purpose: .client))
                == "chain: self-signed certificate in certificate chain ")
    }

    @Test func judgesDates() throws {
        let root = try TestAuthority("CN=Root")
        let leaf = try root.issue("CN=device", end: 1_750_000_000)
        let verifier = try CertificateChainVerifier(anchors: [root.certificate])
        _ = try verifier.verify(leaf, at: 1_750_000_000, purpose: .client).get()
        _ = try verifier.verify(leaf, at: TestAuthority.start, purpose: .client).get()
        #expect(
            verifier.verify(leaf, at: 1_750_000_001, purpose: .client).failureValue
                == CheckFailure(.validity, "certificate has expired (certificate 0, CN=device)"))
        #expect(
            verifier.verify(leaf, at: TestAuthority.start - 1, purpose: .client).failureValue?.code
                == .validity)
        #expect(leaf.notBefore == TestAuthority.start && leaf.notAfter == 1_750_000_000)
    }

    /// What the nRF Cloud utilities issue verifies; a CA has to name its issuer's key.
    @Test func takesLeavesWithoutExtensions() throws {
        let root = try TestAuthority("CN=Root")
        let leaf = try root.issueBare("CN=device")
        #expect(leaf.authorityKeyIdentifier == nil && leaf.keyUsage == nil && !leaf.isCA)
        let verifier = try CertificateChainVerifier(anchors: [root.certificate])
        for purpose in [CertificatePurpose.client, .any] {
            let chain = try verifier.verify(leaf, at: TestAuthority.start, purpose: purpose).get()
            #expect(chain.certificates == [leaf, root.certificate] && chain.weaknesses == [])
            #expect(chain.warnings.map(\.code) == ["authority-key-identifier-missing"])
        }
        #expect(
            verifier.verify(leaf, at: TestAuthority.start, purpose: .ca).failureValue
                == CheckFailure(.chain, "not a CA certificate (certificate 0, CN=device)"))
        let namesake = try TestAuthority("CN=Root").issueBare("CN=device")
        #expect(
            verifier.verify(namesake, at: TestAuthority.start, purpose: .client).failureValue?.message
                == "certificate signature failure (certificate 0, CN=device)")

        let middle = try TestAuthority("CN=Middle", below: root, namesIssuerKey: false)
        for certificate in [middle.certificate, try middle.issueBare("CN=device")] {
            let chain = try verifier.verify(
                certificate, intermediates: [middle.certificate], at: TestAuthority.start, purpose: .any
            ).get()
            #expect(chain.warnings.map(\.code).contains("authority-key-identifier-missing"))
        }
    }

    @Test func judgesRevocation() throws {
        let root = try TestAuthority("CN=Root")
        let middle = try TestAuthority("CN=Middle", below: root)
        let good = try middle.issue("CN=good", serial: 2)
        let bad = try middle.issue("CN=bad", serial: 3)
        let list = try middle.revocationList([3])
        #expect(list.issuer.description == "CN=Middle" && list.nextUpdate == TestAuthority.end)
        let verifier = try CertificateChainVerifier(anchors: [root.certificate], revocationLists: [list])
        _ = try verifier.verify(good, intermediates: [middle.certificate], at: now, purpose: .client).get()
        #expect(
            verifier.verify(bad, intermediates: [middle.certificate], at: now, purpose: .client).failureValue
                == CheckFailure(.revoked, "certificate revoked (certificate 0, CN=bad)"))
        let both = try CertificateChainVerifier(
            anchors: [root.certificate], revocationLists: [list, root.revocationList([1])])
        #expect(
            both.verify(good, intermediates: [middle.certificate], at: now, purpose: .client).failureValue
                == CheckFailure(.revoked, "certificate revoked (certificate 1, CN=Middle)"))
        let missing = try CertificateChainVerifier(
            anchors: [root.certificate], revocationLists: [root.revocationList([])])
        #expect(
            failure(missing.verify(good, intermediates: [middle.certificate], at: now, purpose: .client))
                == "chain: unable to get certificate CRL ")
        let forged = try TestAuthority("CN=Middle").revocationList([])
        let fooled = try CertificateChainVerifier(anchors: [root.certificate], revocationLists: [forged])
        #expect(
            fooled.verify(bad, intermediates: [middle.certificate], at: now, purpose: .client).failureValue
                != nil)
    }

    @Test func judgesNames() throws {
        let root = try TestAuthority("CN=Root")
        var names = DERWriter()
        names.sequence { names in
            names.primitive(.primitive(2), Array("*.example.com".utf8))
            names.primitive(.primitive(7), [192, 0, 2, 1])
            names.primitive(.primitive(1), Array("a@example.com".utf8))
        }
        let leaf = try root.issue(
            "CN=host.example.org",
            extensions: [
                .basicConstraints(isCA: false), .keyUsage([.digitalSignature]),
                .extendedKeyUsage([.serverAuth]),
                CertificateExtension(oid: .subjectAlternativeName, isCritical: false, value: names.bytes),
            ])
        #expect(
            leaf.subjectAlternativeNames == [
                "DNS:*.example.com", "IP Address:192.0.2.1", "email:a@example.com",
            ])
        let verifier = try CertificateChainVerifier(anchors: [root.certificate])
        for (name, matches) in [
            (ExpectedName.host("a.example.com"), true), (.host("example.com"), false),
            (.host("a.b.example.com"), false),
            (.host("host.example.org"), false), (.host(""), false),
            (.host("a.example.com\0.evil.org"), false),
            (.address("192.0.2.1"), true), (.address("192.0.2.2"), false), (.address("x"), false),
            (.address(""), false),
            (.mailbox("a@example.com"), true), (.mailbox("b@example.com"), false), (.mailbox(""), false),
        ] {
            let result = verifier.verify(leaf, at: now, purpose: .server, name: name)
            #expect((result.failureValue == nil) == matches, "\(name)")
        }
    }

    @Test func readsFields() throws {
        let root = try TestAuthority("CN=Root,O=Example")
        let leaf = try root.issue("CN=dé", serial: 0xFE)
        #expect(leaf.subject == #"CN=d\C3\A9"# && leaf.issuer == "CN=Root,O=Example")
        #expect(leaf.serial == "fe" && !leaf.isCA && leaf.pathLength == nil)
        #expect(leaf.keyUsage == ["digitalSignature", "keyAgreement"])
        #expect(leaf.extendedKeyUsage == ["1.3.6.1.5.5.7.3.2"])
        #expect(leaf.authorityKeyIdentifier == root.spki.keyIdentifier)
        #expect(try leaf.subjectKeyIdentifier == leaf.publicKeyInfo().keyIdentifier)
        #expect(leaf.signatureAlgorithm == "ecdsa-with-SHA256" && leaf.subjectAlternativeNames == [])
        #expect(leaf.issuerDER == root.name.der && root.certificate.isCA)
        #expect(leaf.fingerprintSHA256 == Digest.sha256(leaf.der))
        #expect(try X509Certificate.read(pem: leaf.pem).get() == leaf)
        #expect(try leaf.publicKey().kind == .p256)
    }

    @Test func refusesUnsoundEncodings() throws {
        let leaf = try TestAuthority("CN=Root").issue("CN=device")
        #expect(throws: OpenSSLError.self) { try X509Certificate(der: leaf.der + [0]) }
        #expect(throws: OpenSSLError.self) { try X509Certificate(der: Array(leaf.der.dropLast())) }
        #expect(throws: OpenSSLError.self) { try X509Certificate(der: []) }
        // BER: the outer length in a longer form than needed.
        let length = leaf.der.count - 4
        let ber = [0x30, 0x83, 0, UInt8(length >> 8), UInt8(length & 255)] + leaf.der[4...]
        #expect(throws: OpenSSLError.self) { try X509Certificate(der: ber) }
        #expect(X509Certificate.read(pem: leaf.pem + leaf.pem).failureValue?.code == .pem)
        #expect(X509Certificate.read(der: [0x30]).failureValue?.code == .der)
        #expect(throws: DERError.self) { try RevocationList(der: leaf.der) }
    }
}

extension Result {
    /// The failure, nil after success.
    var failureValue: Failure? {
        guard case .failure(let failure) = self else { return nil }
        return failure
    }
}
