import Diagnostics
import OpenSSL
import PKIX
import Testing

/// Which path is found, and whether the order of what is given matters.
@Suite struct PathTests {
    private let now: Int64 = 1_800_000_000

    private func message(_ result: Result<VerifiedChain, CheckFailure>) -> String {
        result.failureValue.map { "\($0.code.rawValue): \($0.message)" } ?? "verified"
    }

    /// A small generator: the same orders every time.
    private struct Shuffler: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    /// What may stand beside the one certificate that leads on: self-signed ones of the same name and key, one that
    /// ended, one of a CA that is not trusted, forgeries, what was given twice.
    @Test(arguments: 0..<40)
    func orderDoesNotMatter(_ seed: Int) throws {
        let root = try TestAuthority("CN=Root")
        let untrusted = try TestAuthority("CN=Untrusted")
        let middle = try TestAuthority("CN=Middle")
        let namesake = try TestAuthority("CN=Middle")
        let leaf = try middle.issue("CN=device")
        let good = try root.certify(middle, serial: [21])
        let expired = try root.certify(middle, serial: [22], end: 1_790_000_000)
        var others = [
            middle.certificate, expired, try untrusted.certify(middle), untrusted.certificate,
            root.certificate,
            namesake.certificate, try root.certify(namesake), try middle.certify(middle, serial: [23]), leaf,
            // The same name and key identifier as the issuer, another key.
            try root.certify(
                namesake, serial: [24],
                extensions: [
                    .basicConstraints(isCA: true), .keyUsage([.keyCertSign]),
                    .subjectKeyIdentifier(middle.spki.keyIdentifier),
                ]),
        ]
        var shuffler = Shuffler(state: UInt64(seed) &* 7919 &+ 1)
        let verifier = try CertificateChainVerifier(anchors: [root.certificate])
        var refusals: Set<String> = []
        for _ in 0..<4 {
            others.shuffle(using: &shuffler)
            refusals.insert(message(verifier.verify(leaf, intermediates: others, at: now, purpose: .client)))
            var all = others + [good, good]
            all.shuffle(using: &shuffler)
            let chain = try verifier.verify(leaf, intermediates: all, at: now, purpose: .client).get()
            #expect(chain.certificates == [leaf, good, root.certificate])
            let pooled = try CertificateChainVerifier(anchors: [root.certificate], intermediates: all)
            #expect(try pooled.verify(leaf, at: now, purpose: .client).get().certificates.count == 3)
        }
        #expect(refusals == ["validity: certificate has expired (certificate 1, CN=Middle)"])
    }

    /// An expired and a renewed CA of one name and key, in either order, as anchors and in between.
    @Test func renewedAuthorities() throws {
        let root = try TestAuthority("CN=Root")
        let old = try root.certify(root, serial: [31], end: 1_790_000_000)
        let leaf = try root.issue("CN=device")
        for anchors in [[old, root.certificate], [root.certificate, old]] {
            let verifier = try CertificateChainVerifier(anchors: anchors)
            #expect(try verifier.verify(leaf, at: now, purpose: .client).get().anchor == root.certificate)
        }
        let alone = try CertificateChainVerifier(anchors: [old])
        for intermediates in [[root.certificate], []] {
            #expect(
                message(alone.verify(leaf, intermediates: intermediates, at: now, purpose: .client))
                    == "validity: certificate has expired (certificate 1, CN=Root)")
        }
    }

    /// Two ways, one of them constrained: the other one counts, whatever stands first.
    @Test func anotherPathIsTried() throws {
        let root = try TestAuthority("CN=Root")
        let bridge = try TestAuthority("CN=Bridge", below: root)
        let middle = try TestAuthority("CN=Middle")
        let below = try TestAuthority("CN=Below", below: middle)
        let leaf = try below.issue("CN=device")
        let narrow = try root.certify(
            middle, extensions: CertificateTemplate.authorityExtensions(pathLength: 0))
        let wide = try bridge.certify(middle)
        let verifier = try CertificateChainVerifier(anchors: [root.certificate])
        let rest = [below.certificate, bridge.certificate]
        for intermediates in [[narrow, wide] + rest, rest + [wide, narrow]] {
            let chain = try verifier.verify(leaf, intermediates: intermediates, at: now, purpose: .client)
                .get()
            #expect(chain.certificates.count == 5)
        }
        #expect(
            message(verifier.verify(leaf, intermediates: rest + [narrow], at: now, purpose: .client))
                == "chain: path length constraint exceeded (certificate 2, CN=Middle)")
    }

    @Test func circlesAndCrowdsEnd() throws {
        let root = try TestAuthority("CN=Root")
        let (first, second) = (try TestAuthority("CN=First"), try TestAuthority("CN=Second"))
        let leaf = try first.issue("CN=device")
        let verifier = try CertificateChainVerifier(anchors: [root.certificate])
        let circle = [try second.certify(first), try first.certify(second)]
        #expect(
            verifier.verify(leaf, intermediates: circle, at: now, purpose: .client).failureValue?.code
                == .chain)
        let crowd = try (0..<300).map { number in
            try root.certify(
                second, serial: [1, UInt8(number >> 8), UInt8(number & 255)],
                extensions: [.basicConstraints(isCA: true), .keyUsage([.keyCertSign])])
        }
        let other = try second.issue("CN=device")
        _ = try verifier.verify(
            other, intermediates: Array(crowd.prefix(100)), at: now, purpose: .client
        ).get()
        let failure = verifier.verify(other, intermediates: crowd, at: now, purpose: .client).failureValue
        #expect(failure?.message.hasPrefix("too many certificates have the name of the issuer") == true)
    }

    @Test func selfSignedCertificatesLeadNowhere() throws {
        let root = try TestAuthority("CN=Root")
        let leaf = try root.issue("CN=device")
        let nobody = try CertificateChainVerifier(anchors: [try TestAuthority("CN=Root").certificate])
        // The anchor has the name, not the key.
        #expect(
            message(nobody.verify(leaf, intermediates: [root.certificate], at: now, purpose: .client))
                == "chain: authority key identifier is not the issuer's subject key identifier (certificate 0, CN=device)"
        )
        #expect(
            message(nobody.verify(root.certificate, at: now, purpose: .ca))
                == "chain: self-signed certificate (certificate 0, CN=Root)")
    }

    /// RFC 5280 section 4.1.2.5: both ends are within the validity, of every certificate.
    @Test(arguments: [0, 1, 2])
    func endsOfValidityAreIncluded(_ place: Int) throws {
        let end: Int64 = 1_850_000_000
        func until(_ depth: Int) -> Int64 { depth == place ? end : TestAuthority.end }
        let root = try TestAuthority("CN=Root", end: until(2))
        let middle = try TestAuthority("CN=Middle", below: root, end: until(1))
        let leaf = try middle.issue("CN=device", end: until(0))
        let verifier = try CertificateChainVerifier(
            anchors: [root.certificate], intermediates: [middle.certificate])
        for time in [TestAuthority.start, end] {
            #expect(message(verifier.verify(leaf, at: time, purpose: .client)) == "verified")
        }
        for time in [TestAuthority.start - 1, end + 1] {
            #expect(verifier.verify(leaf, at: time, purpose: .client).failureValue?.code == .validity)
        }
    }

    // MARK: Bounds

    /// Two policies mapped to both in every certificate double the tree each time.
    @Test func policyTreesAreBounded() throws {
        func extensions(_ count: Int) throws -> [CertificateExtension] {
            let ids = try (1...count).map { try #require(OID("1.2.3.\($0)")) }
            var policies = DERWriter()
            policies.sequence { list in
                for id in ids { list.sequence { $0.objectIdentifier(id) } }
            }
            var mappings = DERWriter()
            mappings.sequence { list in
                for from in ids {
                    for to in ids {
                        list.sequence { pair in
                            pair.objectIdentifier(from)
                            pair.objectIdentifier(to)
                        }
                    }
                }
            }
            return [
                .basicConstraints(isCA: true), .keyUsage([.keyCertSign]),
                CertificateExtension(
                    oid: .certificatePolicies, isCritical: false, value: policies.bytes),
                CertificateExtension(oid: .policyMappings, isCritical: true, value: mappings.bytes),
            ]
        }
        for (count, depth, isTooMuch) in [(2, 4, false), (2, 10, true), (12, 2, false), (12, 3, true)] {
            let root = try TestAuthority("CN=Root")
            var pool: [X509Certificate] = []
            var above = root
            for number in 0..<depth {
                let next = try TestAuthority("CN=\(number)", below: above, extensions: extensions(count))
                pool.append(next.certificate)
                above = next
            }
            let leaf = try above.issue("CN=device")
            let verifier = try CertificateChainVerifier(anchors: [root.certificate])
            let failure = verifier.verify(leaf, intermediates: pool, at: now, purpose: .client).failureValue
            #expect(
                failure?.message.hasPrefix("certificate policies and their mappings are too many") ?? false
                    == isTooMuch, "\(count) \(depth) \(failure?.message ?? "verified")")
            if !isTooMuch { #expect(failure == nil) }
        }
    }

    @Test func namesTimesConstraintsAreBounded() throws {
        func names(_ count: Int, _ wrap: (inout DERWriter, [UInt8]) -> Void) -> [UInt8] {
            var writer = DERWriter()
            for number in 0..<count { wrap(&writer, Array("h\(number).example".utf8)) }
            return writer.bytes
        }
        for (count, isTooMuch) in [(900, false), (1200, true)] {
            var constraints = DERWriter()
            let subtrees = names(1000) { writer, name in
                writer.sequence { $0.primitive(.primitive(2), name) }
            }
            constraints.sequence { $0.constructed(.constructed(1)) { $0.raw(subtrees) } }
            let root = try TestAuthority(
                "CN=Root",
                extensions: [
                    .basicConstraints(isCA: true), .keyUsage([.keyCertSign]),
                    CertificateExtension(oid: .nameConstraints, isCritical: true, value: constraints.bytes),
                ])
            var alternative = DERWriter()
            alternative.sequence { writer in
                writer.raw(
                    names(count) { $0.primitive(.primitive(2), $1 + Array(".org".utf8)) })
            }
            let leaf = try root.issue(
                "CN=device",
                extensions: [
                    CertificateExtension(
                        oid: .subjectAlternativeName, isCritical: false, value: alternative.bytes)
                ])
            let verifier = try CertificateChainVerifier(anchors: [root.certificate])
            let failure = verifier.verify(leaf, at: now, purpose: .any).failureValue
            #expect((failure != nil) == isTooMuch, "\(failure?.message ?? "verified")")
            if isTooMuch {
                #expect(
                    failure?.message
                        == "1201 names are too many for the 1000 constraints on names of certificate 1, expected at most 1048576 comparisons (certificate 0, CN=device)"
                )
            }
        }
    }
}
