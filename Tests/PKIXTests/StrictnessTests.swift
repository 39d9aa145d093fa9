import Diagnostics
import OpenSSL
import PKIX
import Testing

/// Each check of libcrypto's strict mode, one by one: what RFC 5280 section 6 asks of a path stays a failure, what it asks
/// of a CA that issues is a warning, by the code of the lint rule.
@Suite struct StrictnessTests {
    /// A root, a CA below it and a device, each as a test wants it, signed by the one above.
    private struct Chain {
        var root = Form(name: "CN=Root", isCA: true)
        var middle = Form(name: "CN=Middle", isCA: true)
        var leaf = Form(name: "CN=device", isCA: false)

        func verdict() throws -> Verdict {
            let keys = try (0..<3).map { _ in try PrivateKey.generate(.p256) }
            let top = try root.der(key: keys[0], signer: keys[0], issuer: root)
            let below = try middle.der(key: keys[1], signer: keys[0], issuer: root)
            let last = try leaf.der(key: keys[2], signer: keys[1], issuer: middle)
            let certificates = [top, below, last].map { X509Certificate.read(der: $0) }
            if let failure = certificates.compactMap(\.failureValue).first {
                return .failure(failure.message)
            }
            let read = try certificates.map { try $0.get() }
            let verifier = try CertificateChainVerifier(anchors: [read[0]], intermediates: [read[1]])
            switch verifier.verify(read[2], at: 1_800_000_000, purpose: .client) {
            case .success(let chain): return .warnings(chain.warnings.map(\.code))
            case .failure(let failure): return .failure(failure.message)
            }
        }
    }

    private enum Verdict: Equatable {
        case warnings([String])
        case failure(String)
    }

    private struct Form {
        var name: String
        var version: UInt8? = 2
        var serial: [UInt8] = [5]
        var notAfter: (DERTag, String) = (.utcTime, "300101000000Z")
        /// What stands outside, where it is not what stands inside.
        var outerAlgorithm: [UInt8]?
        var extensions: [(oid: OID, critical: Bool?, value: [UInt8])]
        var identifiesKey = true
        var namesIssuerKey = true
        var criticalIdentifiers: Bool?

        init(name: String, isCA: Bool) {
            self.name = name
            extensions =
                [
                    CertificateExtension.basicConstraints(isCA: isCA),
                    .keyUsage(isCA ? [.keyCertSign, .crlSign] : [.digitalSignature]),
                ].map { ($0.oid, true, $0.value) }
        }

        mutating func remove(_ oid: OID) { extensions.removeAll { $0.oid == oid } }

        mutating func set(_ element: CertificateExtension, critical: Bool? = true) {
            remove(element.oid)
            extensions.append((element.oid, critical, element.value))
        }

        func der(key: PrivateKey, signer: PrivateKey, issuer: Form) throws -> [UInt8] {
            let algorithm = octets("300a06082a8648ce3d040302")
            let names = try [issuer.name, name].map { text in
                text.isEmpty ? [0x30, 0] : try DistinguishedName(text: text).der
            }
            let own = try SubjectPublicKeyInfo(der: key.publicKey.spki).keyIdentifier
            let above = try SubjectPublicKeyInfo(der: signer.publicKey.spki).keyIdentifier
            var all = extensions
            if identifiesKey {
                all.append((.subjectKeyIdentifier, criticalIdentifiers, [0x04, 20] + own))
            }
            if namesIssuerKey {
                let value = CertificateExtension.authorityKeyIdentifier(above).value
                all.append((.authorityKeyIdentifier, criticalIdentifiers, value))
            }
            var tbs = DERWriter()
            tbs.sequence { tbs in
                if let version { tbs.constructed(.constructed(0)) { $0.unsignedInteger([version]) } }
                tbs.primitive(.integer, serial)
                tbs.raw(algorithm)
                tbs.raw(names[0])
                tbs.sequence { period in
                    period.primitive(.utcTime, "200101000000Z".utf8)
                    period.primitive(notAfter.0, notAfter.1.utf8)
                }
                tbs.raw(names[1])
                tbs.raw(key.publicKey.spki)
                guard !all.isEmpty else { return }
                tbs.constructed(.constructed(3)) { wrapper in
                    wrapper.sequence { list in
                        for element in all {
                            list.sequence { item in
                                item.objectIdentifier(element.oid)
                                if let critical = element.critical { item.boolean(critical) }
                                item.octetString(element.value)
                            }
                        }
                    }
                }
            }
            let signature = try signer.sign(tbs.bytes, algorithm: .ecdsa(.sha256))
            var whole = DERWriter()
            whole.sequence { whole in
                whole.raw(tbs.bytes)
                whole.raw(outerAlgorithm ?? algorithm)
                whole.bitString(signature)
            }
            return whole.bytes
        }
    }

    private typealias Case = (verdict: Verdict, change: (inout Chain) throws -> Void)

    private static func name(_ uri: String) -> CertificateExtension {
        .subjectAlternativeName(uri: Array(uri.utf8))
    }

    private static var cases: [Case] {
        [
            (.warnings([]), { _ in }),
            // Of a CA that issues.
            (.warnings(["key-usage-missing"]), { $0.root.remove(.keyUsage) }),
            (.warnings(["key-usage-missing"]), { $0.middle.remove(.keyUsage) }),
            (
                .warnings(["basic-constraints-not-critical"]),
                { $0.root.set(.basicConstraints(isCA: true), critical: nil) }
            ),
            (
                .warnings(["basic-constraints-not-critical"]),
                { $0.middle.set(.basicConstraints(isCA: true), critical: nil) }
            ),
            (.warnings(["subject-key-identifier-missing"]), { $0.root.identifiesKey = false }),
            (.warnings(["subject-key-identifier-missing"]), { $0.middle.identifiesKey = false }),
            (.warnings([]), { $0.leaf.identifiesKey = false }),
            (.warnings(["authority-key-identifier-missing"]), { $0.middle.namesIssuerKey = false }),
            (.warnings(["authority-key-identifier-missing"]), { $0.leaf.namesIssuerKey = false }),
            (.warnings([]), { $0.root.namesIssuerKey = false }),
            (.warnings(["serial-number"]), { $0.root.serial = [0] }),
            (.warnings(["serial-number"]), { $0.middle.serial = [0x80] }),
            (.warnings(["serial-number"]), { $0.leaf.serial = [1] + [UInt8](repeating: 0, count: 20) }),
            (
                .warnings(["validity-encoding"]),
                { $0.leaf.notAfter = (.generalizedTime, "20300101000000Z") }
            ),
            (
                .warnings(["key-usage-not-for-certificates"]),
                { $0.leaf.set(.keyUsage([.digitalSignature, .keyCertSign])) }
            ),
            (
                .warnings(["path-length"]),
                {
                    $0.leaf.set(
                        CertificateExtension(
                            oid: .basicConstraints, isCritical: true, value: [0x30, 3, 2, 1, 0]))
                }
            ),
            (
                .warnings(["subject-empty"]),
                {
                    $0.leaf.name = ""
                    $0.leaf.set(name("urn:a"), critical: nil)
                }
            ),
            (
                .warnings([]),
                {
                    $0.leaf.name = ""
                    $0.leaf.set(name("urn:a"))
                }
            ),
            (
                .warnings(["policy-constraints-not-critical"]),
                {
                    $0.middle.set(
                        CertificateExtension(
                            oid: .inhibitAnyPolicy, isCritical: false, value: [2, 1, 0]), critical: nil)
                }
            ),
            // Of the path.
            (
                .failure("the subject has no name (certificate 0, )"), { $0.leaf.name = "" }
            ),
            (
                .failure("key usage does not include keyCertSign (certificate 1, CN=Middle)"),
                { $0.middle.set(.keyUsage([.crlSign])) }
            ),
            (
                .failure("key usage does not include keyCertSign (certificate 2, CN=Root)"),
                { $0.root.set(.keyUsage([.crlSign])) }
            ),
            (
                .failure("invalid CA certificate (certificate 1, CN=Middle)"),
                { $0.middle.remove(.basicConstraints) }
            ),
            (
                .failure("invalid CA certificate (certificate 1, CN=Middle)"),
                { $0.middle.set(.basicConstraints(isCA: false)) }
            ),
            (
                .failure("the trust anchor is not a CA certificate (certificate 2, CN=Root)"),
                { $0.root.remove(.basicConstraints) }
            ),
            (
                .failure("path length constraint exceeded (certificate 2, CN=Root)"),
                { $0.root.set(.basicConstraints(isCA: true, pathLength: 0)) }
            ),
            (
                .failure("unhandled critical extension (certificate 0, CN=device)"),
                { $0.leaf.set(CertificateExtension(oid: .mgf1, isCritical: true, value: [5, 0])) }
            ),
            // libcrypto does not process key identifiers as critical.
            (
                .failure("unhandled critical extension (certificate 0, CN=device)"),
                { $0.leaf.criticalIdentifiers = true }
            ),
            (
                .failure("unhandled critical extension (certificate 2, CN=Root)"),
                { $0.root.criticalIdentifiers = true }
            ),
            (
                .failure("unhandled critical extension (certificate 2, CN=Root)"),
                { $0.root.set(CertificateExtension(oid: .mgf1, isCritical: true, value: [5, 0])) }
            ),
        ]
    }

    @Test(arguments: cases.indices)
    func each(_ index: Int) throws {
        let test = Self.cases[index]
        var chain = Chain()
        try test.change(&chain)
        #expect(try chain.verdict() == test.verdict)
    }

    /// Failures whose wording is libcrypto's, or of the reading.
    @Test func unsoundness() throws {
        for change in [
            { $0.root.name = "" }, { $0.middle.name = "" },
            { $0.leaf.outerAlgorithm = octets("300a06082a8648ce3d040303") },
            { $0.leaf.version = nil }, { $0.middle.version = 1 },
            {
                $0.leaf.set(
                    CertificateExtension(oid: .subjectAlternativeName, isCritical: false, value: [0x30, 0]))
            },
            {
                $0.leaf.extensions += $0.leaf.extensions
            },
            { $0.leaf.extensions[0].critical = false },
            {
                $0.middle.set(
                    CertificateExtension(oid: .policyConstraints, isCritical: true, value: [0x30, 0]))
            },
            {
                $0.middle.set(
                    CertificateExtension(oid: .nameConstraints, isCritical: true, value: [0x30, 0]))
            },
        ] as [(inout Chain) -> Void] {
            var chain = Chain()
            change(&chain)
            let verdict = try chain.verdict()
            if case .warnings(let codes) = verdict { Issue.record("verified: \(codes)") }
        }
    }
}
