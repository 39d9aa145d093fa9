import Diagnostics
import OpenSSL
import PKIX
import Testing

/// Which lists are read, and what they say of a certificate.
@Suite struct RevocationListTests {
    private let now: Int64 = 1_800_000_000

    // MARK: Reading

    private typealias Refusal = (reason: String, change: @Sendable (inout TestList) throws -> Void)

    private static let refusals: [Refusal] = [
        (
            "the list is a delta (deltaCRLIndicator)",
            { $0.extensions = [try TestList.element("2.5.29.27", critical: true, "020101")] }
        ),
        (
            "the list is a delta (deltaCRLIndicator)",
            {
                $0.extensions = [try TestList.element("2.5.29.27", critical: nil, "020101")]
                $0.serials = [[7]]
                $0.entryExtensions = octets("300c300a0603551d1504030a0108")
            }
        ),
        (
            "critical extension 1.2.3.4 is not known",
            { $0.extensions = [try TestList.element("1.2.3.4", critical: true, "0500")] }
        ),
        (
            "the list covers some reasons only (onlySomeReasons)",
            { $0.extensions = [try TestList.element("2.5.29.28", critical: true, "3004 83020640")] }
        ),
        (
            "the list is indirect (indirectCRL)",
            { $0.extensions = [try TestList.element("2.5.29.28", critical: true, "3003 8401ff")] }
        ),
        (
            "the list is about attribute certificates",
            { $0.extensions = [try TestList.element("2.5.29.28", critical: true, "3003 8501ff")] }
        ),
        (
            "the list covers neither CAs nor others",
            { $0.extensions = [try TestList.element("2.5.29.28", critical: true, "3006 8101ff 8201ff")] }
        ),
        (
            "a default is written",
            { $0.extensions = [try TestList.element("2.5.29.28", critical: true, "3003 810100")] }
        ),
        (
            "critical is FALSE but written out",
            { $0.extensions = [try TestList.element("1.2.3.4", critical: false, "0500")] }
        ),
        (
            "extension 1.2.3.4 occurs twice",
            {
                let element = try TestList.element("1.2.3.4", critical: nil, "0500")
                $0.extensions = [element, element]
            }
        ),
        ("extensions in a list of version 1", { $0.version = nil }),
        ("expected version 2 where one is written", { $0.version = 0 }),
        ("expected version 2 where one is written", { $0.version = 2 }),
        (
            "nextUpdate is earlier than thisUpdate", { $0.nextUpdate = $0.thisUpdate - 1 }
        ),
        (
            "removeFromCRL stands in delta lists only",
            {
                $0.serials = [[7]]
                $0.entryExtensions = octets("300c300a0603551d1504030a0108")
            }
        ),
        (
            "unknown reason code",
            {
                $0.serials = [[7]]
                $0.entryExtensions = octets("300c300a0603551d1504030a0107")
            }
        ),
        (
            "critical entry extension 1.2.3.4 is not known",
            {
                $0.serials = [[7]]
                var list = DERWriter()
                let element = try TestList.element("1.2.3.4", critical: true, "0500")
                list.sequence { $0.raw(element) }
                $0.entryExtensions = list.bytes
            }
        ),
        (
            "the list is indirect: it revokes certificates of another issuer",
            {
                $0.serials = [[7]]
                var list = DERWriter()
                let element = try TestList.element("2.5.29.29", critical: true, "3000")
                list.sequence { $0.raw(element) }
                $0.entryExtensions = list.bytes
            }
        ),
        (
            "entry extensions are empty",
            {
                $0.serials = [[7]]
                $0.entryExtensions = [0x30, 0]
            }
        ),
        ("serial number is not the shortest INTEGER", { $0.serials = [[0, 1]] }),
    ]

    @Test(arguments: refusals.indices)
    func whatIsNoCompleteListIsRefused(_ index: Int) throws {
        let test = Self.refusals[index]
        let authority = try TestAuthority("CN=Root")
        var form = TestList(issuer: authority.name, identifier: authority.spki.keyIdentifier)
        try test.change(&form)
        let der = try form.der(signedBy: authority.key)
        do {
            _ = try RevocationList(der: der)
            Issue.record("read, expected: \(test.reason)")
        } catch {
            #expect(error.reason.hasPrefix(test.reason), "\(error.reason)")
        }
    }

    /// Octets cut off, or any one changed, are read or refused, never more.
    @Test func damagedLists() throws {
        let authority = try TestAuthority("CN=Root")
        let scope = try TestList.element("2.5.29.28", critical: true, "300b a009a0078605687474703a")
        let der = try authority.list {
            $0.serials = [[7], [0x80], [1, 2, 3]]
            $0.entryExtensions = octets("300c300a0603551d1504030a0106")
            $0.extensions = [scope]
        }
        #expect(try RevocationList(der: der).count == 3)
        for count in 0..<der.count {
            #expect(throws: DERError.self) { try RevocationList(der: Array(der.prefix(count))) }
        }
        for index in der.indices {
            for bit in 0..<8 {
                var damaged = der
                damaged[index] ^= 1 << UInt8(bit)
                _ = try? RevocationList(der: damaged)
            }
        }
    }

    // MARK: Asking

    /// A root with a device certificate of serial number 7.
    private struct Family {
        let root: TestAuthority
        let leaf: X509Certificate

        init() throws {
            root = try TestAuthority("CN=Root")
            leaf = try root.issue("CN=device", serial: 7)
        }

        func verdict(
            _ lists: [[UInt8]], at time: Int64 = 1_800_000_000, intermediates: [X509Certificate] = []
        ) throws -> String {
            let verifier = try CertificateChainVerifier(
                anchors: [root.certificate], intermediates: intermediates,
                revocationLists: lists.map { try RevocationList(der: $0) })
            switch verifier.verify(leaf, at: time, purpose: .client) {
            case .success: return "verified"
            case .failure(let failure): return "\(failure.code.rawValue): \(failure.message)"
            }
        }
    }

    private static let revoked = "revoked: certificate revoked (certificate 0, CN=device)"

    /// One list that revokes suffices: of the same second, older, over, without an end, in whatever order.
    @Test func oneThatRevokesSuffices() throws {
        let family = try Family()
        let clean = try family.root.list { _ in }
        #expect(try family.verdict([clean]) == "verified")
        for change in [
            { $0.serials = [[7]] },
            {
                $0.serials = [[5], [7]]
                $0.thisUpdate = TestAuthority.start - 1000
            },
            {
                $0.serials = [[7]]
                $0.nextUpdate = TestAuthority.start + 10
            },
            {
                $0.serials = [[7]]
                $0.nextUpdate = nil
            },
            {
                $0.serials = [[7]]
                $0.entryExtensions = octets("300c300a0603551d1504030a0106")  // certificateHold
            },
            {
                $0.serials = [[7]]
                $0.version = nil
                $0.hasExtensions = false
            },
        ] as [(inout TestList) -> Void] {
            let list = try family.root.list(change)
            #expect(try family.verdict([clean, list]) == Self.revoked)
            #expect(try family.verdict([list, clean]) == Self.revoked)
            #expect(try family.verdict([list]) == Self.revoked)
        }
    }

    /// Only a list in force vouches for a certificate; both of its ends are within.
    @Test func onlyOneInForceVouches() throws {
        let family = try Family()
        func verdict(at time: Int64, _ change: (inout TestList) -> Void) throws -> String {
            try family.verdict([try family.root.list(change)], at: time)
        }
        let place = "(certificate 0, CN=device)"
        #expect(
            try verdict(at: now) { $0.nextUpdate = nil }
                == "chain: CRL has no nextUpdate and vouches for nothing \(place)")
        for (time, expected) in [
            (now - 1, "chain: CRL is not yet valid \(place)"), (now, "verified"), (now + 5, "verified"),
            (now + 6, "chain: CRL has expired \(place)"),
        ] {
            let now = now
            #expect(
                try verdict(at: time) {
                    $0.thisUpdate = now
                    $0.nextUpdate = now + 5
                } == expected)
        }
        // A list of the future says nothing yet.
        #expect(
            try family.verdict(
                [
                    try family.root.list { _ in },
                    try family.root.list {
                        $0.thisUpdate = 1_800_000_001
                        $0.serials = [[7]]
                    },
                ]) == "verified")
    }

    @Test func aListIsItsIssuers() throws {
        let family = try Family()
        let namesake = try TestAuthority("CN=Root")
        let other = try TestAuthority("CN=Other")
        let place = "(certificate 0, CN=device)"
        // Another key of the same name neither vouches nor revokes.
        let forged = try namesake.list { _ in }
        #expect(try family.verdict([forged]) == "chain: CRL is not signed by its issuer \(place)")
        #expect(
            try family.verdict([forged], intermediates: [namesake.certificate])
                == "chain: CRL is not signed by its issuer \(place)")
        let clean = try family.root.list { _ in }
        let accusing = try namesake.list { $0.serials = [[7]] }
        #expect(try family.verdict([accusing, clean]) == "verified")
        #expect(
            try family.verdict([try other.list { _ in }])
                == "chain: unable to get certificate CRL \(place)")
        // Once the root stands for the other key, it is one of the issuer.
        let certified = try family.root.certify(namesake)
        #expect(try family.verdict([accusing, clean], intermediates: [certified]) == Self.revoked)
        #expect(try family.verdict([forged], intermediates: [certified]) == "verified")
        // A key that signs no lists.
        let signless = try family.root.certify(
            namesake, extensions: [.basicConstraints(isCA: true), .keyUsage([.keyCertSign])])
        #expect(
            try family.verdict([forged], intermediates: [signless])
                == "chain: CRL is not signed by its issuer \(place)")
        // One that is revoked itself.
        let revoking = try family.root.list { $0.serials = [[9]] }
        #expect(try family.verdict([forged, revoking], intermediates: [certified]) == "verified")
        let leafOnly = try TestList.element("2.5.29.28", critical: true, "3003 8201ff")
        let authorities = try family.root.list {
            $0.serials = [[9]]
            $0.extensions = [leafOnly]
        }
        for lists in [[forged, authorities], [authorities, forged]] {
            #expect(
                try family.verdict(lists, intermediates: [certified])
                    == "chain: CRL is not signed by its issuer \(place)")
        }
    }

    /// Lists of CAs or of others alone, and those of distribution points.
    @Test func scopes() throws {
        let root = try TestAuthority("CN=Root")
        func point(_ name: String) -> String {
            let octets = Array(name.utf8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            func wrap(_ tag: String, _ hex: String) -> String {
                let length = String(hex.count / 2, radix: 16)
                return tag + (length.count < 2 ? "0" : "") + length + hex
            }
            return wrap("a0", wrap("a0", wrap("86", octets)))
        }
        func sequence(_ hex: String) -> String {
            let length = String(hex.count / 2, radix: 16)
            return "30" + (length.count < 2 ? "0" : "") + length + hex
        }
        func leaf(_ points: String?) throws -> X509Certificate {
            try root.issue(
                "CN=device",
                extensions: points.map {
                    [
                        CertificateExtension(
                            oid: .crlDistributionPoints, isCritical: false, value: octets($0))
                    ]
                } ?? [], serial: 7)
        }
        let here = point("http://a")
        let there = point("http://b")
        for (points, scope, isCovered) in [
            (nil, "8101ff", true), (nil, "8201ff", false), (nil, "", true), (nil, here, false),
            (sequence(sequence(here)), here, true), (sequence(sequence(here)), there, false),
            (sequence(sequence(there) + sequence(here)), here, true),
            (sequence(sequence(here)), "", true),
            // A point for some reasons, and one of another issuer.
            (sequence(sequence(here + "81020640")), here, false),
            (sequence(sequence(here + "a2028600")), here, false),
        ] as [(String?, String, Bool)] {
            let certificate = try leaf(points)
            let element = try TestList.element("2.5.29.28", critical: true, sequence(scope))
            for serials in [[], [[7]]] as [[[UInt8]]] {
                let list = try RevocationList(
                    der: root.list {
                        $0.extensions = [element]
                        $0.serials = serials
                    })
                let verifier = try CertificateChainVerifier(
                    anchors: [root.certificate], revocationLists: [list])
                let code = verifier.verify(certificate, at: now, purpose: .any).failureValue?.code
                // Whatever its scope, a list that names the certificate revokes it.
                #expect(
                    code == (serials.isEmpty ? (isCovered ? nil : .chain) : .revoked),
                    "\(points ?? "none") \(scope)")
            }
        }
    }

    @Test func warnings() throws {
        let silent = try TestAuthority("CN=Root", extensions: [.basicConstraints(isCA: true)])
        let leaf = try silent.issue("CN=device")
        func codes(_ change: (inout TestList) -> Void) throws -> [String] {
            let verifier = try CertificateChainVerifier(
                anchors: [silent.certificate],
                revocationLists: [try RevocationList(der: silent.list(change))])
            return try verifier.verify(leaf, at: now, purpose: .any).get().warnings.map(\.code)
        }
        #expect(try codes { _ in } == ["key-usage-missing", "crl-signer-key-usage"])
        #expect(
            try codes {
                $0.version = nil
                $0.hasExtensions = false
            } == ["key-usage-missing", "crl-version", "crl-signer-key-usage"])
        #expect(
            try codes { $0.writesEmptyEntries = true }
                == ["key-usage-missing", "crl-entries-empty", "crl-signer-key-usage"])
    }

    /// Serial numbers of all lengths and signs are found among many, and others are not.
    @Test func longLists() throws {
        let root = try TestAuthority("CN=Root")
        let serials = (1...5000).map { number -> [UInt8] in
            [UInt8(1 + number % 127)] + [UInt8](repeating: UInt8(number & 255), count: number % 20)
                + [UInt8(number >> 8), UInt8(number & 255)]
        }
        let list = try RevocationList(der: root.list { $0.serials = serials })
        #expect(list.count == 5000)
        let verifier = try CertificateChainVerifier(anchors: [root.certificate], revocationLists: [list])
        for (serial, isRevoked) in [(serials[0], true), (serials[4999], true), ([1], false)] {
            let certificate = try root.certify(try TestAuthority("CN=device"), serial: serial)
            let code = verifier.verify(certificate, at: now, purpose: .any).failureValue?.code
            #expect((code == .revoked) == isRevoked)
        }
    }
}
