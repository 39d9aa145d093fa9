import Diagnostics
import OpenSSL
import Testing

@testable import PKIX

/// A certificate with whatever a test wants in its fields; nobody signed it.
private struct RawCertificate {
    var version: [UInt8]? = [2]
    var serial: [UInt8] = [0x11, 0x22]
    var innerAlgorithm: [UInt8] = ecdsa
    var outerAlgorithm: [UInt8] = ecdsa
    var issuer = name("CN=Issuer")
    var notBefore: (DERTag, String) = (.utcTime, "260101000000Z")
    var notAfter: (DERTag, String) = (.utcTime, "360101000000Z")
    var subject = name("CN=subject")
    var key: [UInt8] = p256
    var uniqueIdentifier = false
    var extensions: [Element]? = endEntity

    /// An extension; `critical` is written as it is given.
    struct Element {
        let oid: OID
        var critical: Bool?
        let value: [UInt8]

        init(_ oid: OID, critical: Bool? = nil, _ value: [UInt8]) {
            self.oid = oid
            self.critical = critical
            self.value = value
        }

        init(_ element: CertificateExtension) {
            self.init(element.oid, critical: element.isCritical ? true : nil, element.value)
        }
    }

    static let ecdsa = SignatureAlgorithmIdentifier.der(.ecdsa(.sha256)) ?? []

    static func name(_ text: String) -> [UInt8] { (try? DistinguishedName(text: text).der) ?? [0x30, 0] }

    static func algorithm(_ oid: OID, null: Bool = false) -> [UInt8] {
        var writer = DERWriter()
        writer.sequence { writer in
            writer.objectIdentifier(oid)
            if null { writer.null() }
        }
        return writer.bytes
    }

    static func spki(_ algorithm: OID, curve: OID? = nil, null: Bool = false, _ bits: [UInt8]) -> [UInt8] {
        var writer = DERWriter()
        writer.sequence { writer in
            writer.sequence { writer in
                writer.objectIdentifier(algorithm)
                if let curve { writer.objectIdentifier(curve) }
                if null { writer.null() }
            }
            writer.bitString(bits)
        }
        return writer.bytes
    }

    /// An algorithm of NIST's arc.
    static func nist(_ last: [UInt8]) -> OID {
        OID(uncheckedContent: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04] + last)
    }

    /// The generator: a point has to be on the curve.
    static let p256 = spki(
        .ecPublicKey, curve: SubjectPublicKeyInfo.p256Curve,
        octets(
            "04"
                + "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))

    /// Numbers without a small factor that are no primes, by their last two octets.
    private static let lastOctets: [Int: Int] = [1024: 5, 2048: 3, 3072: 15]

    static func rsa(bits: Int) -> [UInt8] {
        let last = lastOctets[bits] ?? 0
        var key = DERWriter()
        key.sequence { writer in
            writer.unsignedInteger(
                [UInt8](repeating: 0xc5, count: bits / 8 - 2) + [UInt8(last >> 8), UInt8(last & 255)])
            writer.unsignedInteger([1, 0, 1])
        }
        return spki(.rsaEncryption, null: true, key.bytes)
    }

    static let identifiers: [Element] = [
        .init(.subjectKeyIdentifier([1])), .init(.authorityKeyIdentifier([2])),
    ]
    static let endEntity: [Element] =
        [
            .init(.basicConstraints(isCA: false)), .init(.keyUsage([.digitalSignature])),
            .init(.extendedKeyUsage([.clientAuth])),
        ] + identifiers
    static let authority: [Element] =
        [.init(.basicConstraints(isCA: true, pathLength: 0)), .init(.keyUsage([.keyCertSign, .crlSign]))]
        + identifiers

    var der: [UInt8] {
        var tbs = DERWriter()
        tbs.sequence { writer in
            if let version {
                writer.constructed(.constructed(0)) { $0.primitive(.integer, version) }
            }
            writer.primitive(.integer, serial)
            writer.raw(innerAlgorithm)
            writer.raw(issuer)
            writer.sequence { writer in
                writer.primitive(notBefore.0, notBefore.1.utf8)
                writer.primitive(notAfter.0, notAfter.1.utf8)
            }
            writer.raw(subject)
            writer.raw(key)
            if uniqueIdentifier { writer.primitive(.primitive(1), [0, 1] as [UInt8]) }
            guard let extensions else { return }
            writer.constructed(.constructed(3)) { writer in
                writer.sequence { writer in
                    for element in extensions {
                        writer.sequence { writer in
                            writer.objectIdentifier(element.oid)
                            if let critical = element.critical { writer.boolean(critical) }
                            writer.octetString(element.value)
                        }
                    }
                }
            }
        }
        var writer = DERWriter()
        writer.sequence { writer in
            writer.raw(tbs.bytes)
            writer.raw(outerAlgorithm)
            writer.bitString([1, 2, 3] as [UInt8])
        }
        return writer.bytes
    }
}

@Suite struct LintTests {
    private static func codes(_ change: (inout RawCertificate) -> Void) throws -> [String] {
        var raw = RawCertificate()
        change(&raw)
        return CertificateRules.findings(in: try CertificateReading(certificate: raw.der)).map(\.rule.code)
    }

    private typealias Case = (codes: [String], change: (inout RawCertificate) -> Void)

    private static func plus(_ more: RawCertificate.Element...) -> (inout RawCertificate) -> Void {
        { $0.extensions? += more }
    }

    private static func usage(_ usage: KeyUsage, critical: Bool? = true) -> (inout RawCertificate) -> Void {
        { raw in
            raw.extensions = RawCertificate.endEntity.map {
                $0.oid == .keyUsage ? .init(.keyUsage, critical: critical, usage.der) : $0
            }
        }
    }

    /// A certificate without key purposes for a key of FIPS 203…205.
    private static func postQuantum(
        _ last: [UInt8], _ length: Int, null: Bool = false, _ usage: KeyUsage?
    ) -> (inout RawCertificate) -> Void {
        { raw in
            raw.key = RawCertificate.spki(
                RawCertificate.nist(last), null: null, [UInt8](repeating: 7, count: length))
            raw.extensions = RawCertificate.endEntity.filter {
                $0.oid != .extendedKeyUsage && $0.oid != .keyUsage
            }
            if let usage { raw.extensions?.append(.init(.keyUsage(usage))) }
        }
    }

    private static func authority(
        without oid: OID? = nil, _ more: RawCertificate.Element...
    ) -> (inout RawCertificate) -> Void {
        { $0.extensions = RawCertificate.authority.filter { $0.oid != oid } + more }
    }

    private static func alternative(critical: Bool?) -> RawCertificate.Element {
        .init(
            .subjectAlternativeName, critical: critical,
            CertificateExtension.subjectAlternativeName(uri: Array("urn:a".utf8)).value)
    }

    /// What is changed, and the rules that are broken then.
    private static var cases: [Case] {
        [
            ([], { _ in }),
            ([], authority()),
            // Version, serial, signature.
            (["version"], { $0.version = nil }),
            (["version"], { $0.version = [1] }),
            (["version"], { $0.version = [3] }),
            (
                ["version-old", "authority-key-identifier-missing", "subject-key-identifier-absent"],
                {
                    $0.version = nil
                    $0.extensions = nil
                }
            ),
            (["serial-number"], { $0.serial = [0] }),
            (["serial-number"], { $0.serial = [0x80] }),
            (["serial-number"], { $0.serial = [1] + [UInt8](repeating: 0, count: 20) }),
            ([], { $0.serial = [1] + [UInt8](repeating: 0, count: 19) }),
            (
                ["signature-algorithm-mismatch"],
                { $0.outerAlgorithm = RawCertificate.algorithm(.ecdsaWithSHA384) }
            ),
            (
                ["signature-algorithm"],
                {
                    $0.innerAlgorithm = RawCertificate.algorithm(.ecdsaWithSHA256, null: true)
                    $0.outerAlgorithm = $0.innerAlgorithm
                }
            ),
            (
                ["signature-algorithm"],
                {
                    $0.innerAlgorithm = RawCertificate.algorithm(.sha256WithRSA)
                    $0.outerAlgorithm = $0.innerAlgorithm
                }
            ),
            (
                ["signature-algorithm"],
                {
                    $0.innerAlgorithm = [0x30, 0]
                    $0.outerAlgorithm = $0.innerAlgorithm
                }
            ),
            (
                ["signature-algorithm-weak"],
                {
                    $0.innerAlgorithm = RawCertificate.algorithm(.sha1WithRSA, null: true)
                    $0.outerAlgorithm = $0.innerAlgorithm
                }
            ),
            (
                ["signature-algorithm-unknown"],
                {
                    $0.innerAlgorithm = RawCertificate.algorithm(.mgf1)
                    $0.outerAlgorithm = $0.innerAlgorithm
                }
            ),
            // Names.
            (["name-malformed"], { $0.subject = [0x30, 0x02, 0x31, 0x00] }),
            (["issuer-empty"], { $0.issuer = [0x30, 0] }),
            (["subject-empty"], { $0.subject = [0x30, 0] }),
            (
                [],
                {
                    $0.subject = [0x30, 0]
                    $0.extensions? += [alternative(critical: true)]
                }
            ),
            (
                ["subject-empty"],
                {
                    $0.subject = [0x30, 0]
                    $0.extensions? += [alternative(critical: nil)]
                }
            ),
            (
                ["name-attribute"],
                { $0.subject = [0x30, 0x0c, 0x31, 0x0a, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, 7] }
            ),
            (
                ["name-string-type"],
                { $0.subject = [0x30, 0x0c, 0x31, 0x0a, 0x30, 8, 6, 3, 0x55, 4, 3, 0x14, 1, 0x41] }
            ),
            // Validity.
            (["validity-encoding"], { $0.notAfter = (.generalizedTime, "20491231235959Z") }),
            (["validity-encoding"], { $0.notAfter = (.utcTime, "4912312359Z") }),
            (["validity-encoding"], { $0.notBefore = (.generalizedTime, "20500101000000.5Z") }),
            ([], { $0.notAfter = (.generalizedTime, "99991231235959Z") }),
            ([], { $0.notAfter = (.utcTime, "491231235959Z") }),
            (["validity-order"], { $0.notAfter = (.utcTime, "251231235959Z") }),
            // Keys.
            (["key-encoding"], { $0.key = RawCertificate.spki(.ecPublicKey, [4, 1]) }),
            (["key-encoding"], { $0.key = [0x30, 0] }),
            (["key-weak"], { $0.key = RawCertificate.rsa(bits: 1024) }),
            ([], { $0.key = RawCertificate.rsa(bits: 2048) }),
            // Keys of FIPS 203, 204 and 205: clean ones break nothing, others their standard's rules.
            ([], postQuantum([3, 17], 1312, [.digitalSignature])),
            ([], postQuantum([3, 18], 1952, [.digitalSignature, .nonRepudiation])),
            ([], postQuantum([3, 19], 2592, nil)),
            ([], postQuantum([3, 20], 32, [.digitalSignature])),
            ([], postQuantum([3, 31], 64, [.digitalSignature])),
            ([], postQuantum([3, 46], 64, [.digitalSignature])),
            ([], postQuantum([4, 1], 800, [.keyEncipherment])),
            ([], postQuantum([4, 2], 1184, [.keyEncipherment])),
            ([], postQuantum([4, 3], 1568, nil)),
            (["key-encoding"], postQuantum([3, 17], 1311, [.digitalSignature])),
            (["key-encoding"], postQuantum([3, 17], 1312, null: true, [.digitalSignature])),
            (["key-encoding"], postQuantum([4, 1], 801, [.keyEncipherment])),
            (["key-usage-of-key"], postQuantum([3, 17], 1312, [.digitalSignature, .keyAgreement])),
            (["key-usage-of-key"], postQuantum([4, 2], 1184, [.digitalSignature])),
            (
                [],
                {
                    $0.innerAlgorithm = RawCertificate.algorithm(RawCertificate.nist([3, 17]))
                    $0.outerAlgorithm = $0.innerAlgorithm
                }
            ),
            (
                ["signature-algorithm"],
                {
                    $0.innerAlgorithm = RawCertificate.algorithm(RawCertificate.nist([3, 31]), null: true)
                    $0.outerAlgorithm = $0.innerAlgorithm
                }
            ),
            // An algorithm and a curve that are not judged.
            (["key-not-judged"], { $0.key = RawCertificate.spki(RawCertificate.nist([9, 9]), [1, 2]) }),
            (
                ["key-not-judged"],
                {
                    $0.key = RawCertificate.spki(
                        .ecPublicKey, curve: OID("1.3.132.0.10"), [4] + [UInt8](repeating: 1, count: 64))
                }
            ),
            (["unique-identifier"], { $0.uniqueIdentifier = true }),
            // Extensions.
            (
                ["extensions-empty", "authority-key-identifier-missing", "subject-key-identifier-absent"],
                { $0.extensions = [] }
            ),
            (["extension-twice"], plus(.init(.keyUsage([.digitalSignature])))),
            (["extension-critical-false"], plus(.init(.certificatePolicies, critical: false, [0x30, 0]))),
            (["extension-malformed"], plus(.init(.subjectAlternativeName, [0x30, 0]))),
            (["extension-unknown-critical"], plus(.init(.mgf1, critical: true, [5, 0]))),
            ([], plus(.init(.mgf1, [5, 0]))),
            (
                ["authority-key-identifier-missing"],
                { $0.extensions?.removeAll { $0.oid == .authorityKeyIdentifier } }
            ),
            (
                [],
                {
                    $0.extensions?.removeAll { $0.oid == .authorityKeyIdentifier }
                    $0.issuer = $0.subject
                }
            ),
            (["subject-key-identifier-missing"], authority(without: .subjectKeyIdentifier)),
            (
                ["subject-key-identifier-absent"],
                { $0.extensions?.removeAll { $0.oid == .subjectKeyIdentifier } }
            ),
            (
                ["key-identifier-critical"],
                { raw in
                    raw.extensions = RawCertificate.endEntity.map {
                        $0.oid == .subjectKeyIdentifier ? .init($0.oid, critical: true, $0.value) : $0
                    }
                }
            ),
            // Usages.
            (["key-usage-missing"], authority(without: .keyUsage)),
            (["key-usage-not-critical"], usage([.digitalSignature], critical: nil)),
            (
                ["key-usage-not-for-certificates"],
                usage([.digitalSignature, .keyCertSign])
            ),
            (
                ["key-usage-not-for-certificates", "path-length"],
                authority(without: .keyUsage, .init(.keyUsage([.crlSign])))
            ),
            (["key-usage-of-key"], usage([.digitalSignature, .keyEncipherment])),
            (
                [],
                {
                    usage([.digitalSignature, .keyEncipherment])(&$0)
                    $0.key = RawCertificate.rsa(bits: 3072)
                }
            ),
            (
                ["key-usage-of-key"],
                {
                    usage([.digitalSignature, .keyAgreement])(&$0)
                    $0.key = RawCertificate.spki(.ed25519, [UInt8](repeating: 1, count: 32))
                }
            ),
            (["key-usage-agreement"], usage([.digitalSignature, .encipherOnly])),
            (["extended-key-usage-mismatch"], usage([.nonRepudiation])),
            (
                ["extended-key-usage-any"],
                { raw in
                    raw.extensions = RawCertificate.endEntity.map {
                        $0.oid == .extendedKeyUsage ? .init(.extendedKeyUsage([.anyExtendedKeyUsage])) : $0
                    }
                }
            ),
            // Constraints.
            (
                ["basic-constraints-not-critical"],
                authority(
                    without: .basicConstraints, .init(.basicConstraints, [0x30, 3, 1, 1, 0xff]))
            ),
            (
                ["path-length"],
                { raw in
                    raw.extensions = RawCertificate.endEntity.map {
                        $0.oid == .basicConstraints
                            ? .init(.basicConstraints, critical: true, [0x30, 3, 2, 1, 0]) : $0
                    }
                }
            ),
            (["name-constraints"], plus(.init(.nameConstraints, critical: true, [0x30, 0]))),
            (["name-constraints"], authority(.init(.nameConstraints, [0x30, 0]))),
            ([], authority(.init(.nameConstraints, critical: true, [0x30, 0]))),
            (["policy-constraints-not-critical"], authority(.init(.policyConstraints, [0x30, 0]))),
            (["policy-constraints-not-critical"], authority(.init(.inhibitAnyPolicy, [2, 1, 0]))),
            (
                ["authority-information-access-critical"],
                plus(.init(.authorityInformationAccess, critical: true, [0x30, 0]))
            ),
            (
                ["distribution-points-critical"],
                plus(.init(.crlDistributionPoints, critical: true, [0x30, 0]))
            ),
            (["subject-alternative-name-critical"], plus(alternative(critical: true))),
        ]
    }

    @Test(arguments: cases.indices)
    func breachesAreNamed(_ index: Int) throws {
        let test = Self.cases[index]
        #expect(try Self.codes(test.change) == test.codes)
    }

    /// No rule that nothing above breaks, and none twice.
    @Test func everyRuleIsBroken() {
        #expect(Set(Self.cases.flatMap(\.codes)) == Set(LintRule.all.map(\.code)))
        #expect(Set(LintRule.all.map(\.code)).count == LintRule.all.count)
    }

    /// What is no DER, or no certificate by its ASN.1, is malformed for all who read it; a time in the wrong type is not.
    @Test func unsoundCertificatesAreMalformed() throws {
        let unknown = RawCertificate.Element(.mgf1, [5, 0])
        for (reason, change) in [
            ("extension 1.2.840.113549.1.1.8 occurs twice", Self.plus(unknown, unknown)),
            (
                "critical is FALSE but written out in extension 1.2.840.113549.1.1.8",
                Self.plus(.init(.mgf1, critical: false, [5, 0]))
            ),
            ("extensions are empty", { $0.extensions = [] }),
            ("extensions in a certificate that is not of version 3", { $0.version = [1] }),
            ("expected a time of 14 digits and Z", { $0.notAfter = (.generalizedTime, "20360101000000.5Z") }),
            ("expected a time of 12 digits and Z", { $0.notAfter = (.utcTime, "3601010000Z") }),
            ("expected a time of 12 digits and Z", { $0.notAfter = (.utcTime, "360101000000+0000") }),
        ] as [(String, (inout RawCertificate) -> Void)] {
            var raw = RawCertificate()
            change(&raw)
            let failure = X509Certificate.read(der: raw.der).failureValue
            #expect(failure?.code == .der)
            #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "read")")
        }
        var raw = RawCertificate()
        raw.notAfter = (.generalizedTime, "20360101000000Z")
        #expect(X509Certificate.read(der: raw.der).failureValue == nil)
        #expect(
            try Self.codes { $0.notAfter = (.generalizedTime, "20360101000000Z") } == ["validity-encoding"])
    }

    /// Octets cut off, or any one changed, are read or refused, never more.
    @Test func damagedCertificates() throws {
        let der = RawCertificate().der
        for count in 0..<der.count {
            #expect(throws: DERError.self) {
                try CertificateReading(certificate: Array(der.prefix(count)))
            }
        }
        for index in der.indices {
            for bit in 0..<8 {
                var damaged = der
                damaged[index] ^= 1 << UInt8(bit)
                guard let reading = try? CertificateReading(certificate: damaged) else { continue }
                for finding in CertificateRules.findings(in: reading) {
                    #expect(finding.message.hasPrefix("expected that "))
                }
                _ = reading.times
                _ = reading.serialText
            }
        }
    }
}
