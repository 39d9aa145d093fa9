import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX
import Testing

@Suite struct VerifierTests {
    private let verifier: AttestationVerifier
    private let key: P256PublicKey

    init() throws {
        verifier = try AttestationVerifier(policy: AttestationPolicy())
        key = try TokenBuilder.key()
    }

    private func failures(
        _ builder: TokenBuilder, key: P256PublicKey?, trust: KeyTrust = .given, expected: DeviceUUID? = nil,
        policy: AttestationPolicy = AttestationPolicy()
    ) throws -> [CheckFailure] {
        let identity = key.map { IdentityKey(publicKey: $0, trust: trust) }
        let verdict = try AttestationVerifier(policy: policy).verify(
            builder.token(), key: identity, expectedUUID: expected)
        switch verdict {
        case .verified: return []
        case .rejected(let failures):
            #expect(!failures.isEmpty)
            return failures
        }
    }

    @Test(arguments: [
        (TokenBuilder.Kind.identity, TokenBuilder.Form.bound, SigningProfile.bound),
        (.certificationRequest, .bound, .bound), (.certificationRequest, .plain, .plain),
        (.publicKey, .bound, .bound), (.publicKey, .plain, .plain),
    ])
    func soundTokensVerify(kind: TokenBuilder.Kind, form: TokenBuilder.Form, profile: SigningProfile) throws {
        let builder = TokenBuilder(kind: kind, form: form)
        #expect(verifier.outcome(of: try builder.text(), key: key) == .verified(profile))
        #expect(verifier.outcome(of: try builder.text(), key: nil) == .rejected([.unknownKey]))
        let other = try TokenBuilder.key(TokenBuilder.otherScalar)
        #expect(verifier.outcome(of: try builder.text(), key: other) == .rejected([.signature]))
    }

    @Test func theVerifiedAttestationHoldsTheTokenAndTheRequest() throws {
        let identity = IdentityKey(publicKey: key, trust: .trusted)
        let token = try TokenBuilder(kind: .certificationRequest).token()
        guard case .verified(let attestation) = verifier.verify(token, key: identity) else {
            Issue.record("expected a verified attestation")
            return
        }
        #expect(attestation.token.firstPart == token.firstPart)
        #expect(attestation.key == identity)
        #expect(attestation.request?.request.der == token.firstPart)
        let message = try TokenBuilder(kind: .publicKey).token()
        guard case .verified(let plain) = verifier.verify(message, key: identity) else {
            Issue.record("expected a verified attestation")
            return
        }
        #expect(plain.request == nil)
    }

    @Test func plainDoesNotExistForAttestationTokens() throws {
        #expect(
            verifier.outcome(of: try TokenBuilder(form: .plain).text(), key: key) == .rejected([.signature]))
    }

    @Test func theStandardDetachedFormIsRefusedWithAHint() throws {
        let failures = try failures(TokenBuilder(form: .standardDetached), key: key)
        #expect(
            failures == [
                CheckFailure(
                    .signature,
                    "signed in the detached form of RFC 9052, which no genuine device makes; expected the "
                        + "message as external_aad and a nil payload")
            ])
        // Under another key it is only a bad signature.
        let other = try TokenBuilder.key(TokenBuilder.otherScalar)
        #expect(
            try self.failures(TokenBuilder(form: .standardDetached), key: other)
                == [CheckFailure(.signature, "signature does not verify under the device's key")])
    }

    @Test(
        arguments: [
            // ES384, EdDSA, HMAC, none at all, text.
            ([0xa1, 0x01, 0x38, 0x22], "-35"), ([0xa1, 0x01, 0x27], "-8"), ([0xa1, 0x01, 0x05], "5"),
            ([], "none"),
            ([0xa0], "none"), ([0xa1, 0x01, 0x65, 0x45, 0x53, 0x32, 0x35, 0x36], "a text"),
        ] as [([UInt8], String)])
    func theAlgorithmIsES256(protected: [UInt8], found: String) throws {
        for kind in [TokenBuilder.Kind.identity, .publicKey] {
            let builder = TokenBuilder(kind: kind, protected: protected)
            let expected = [
                CheckFailure(.algorithm, "expected ES256 (-7) in the protected header, found \(found)")
            ]
            #expect(try failures(builder, key: key) == expected)
            // It comes before the question which key.
            #expect(try failures(builder, key: nil) == expected)
        }
    }

    @Test func anAlgorithmInTheUnprotectedHeaderSaysNothing() throws {
        let unprotected: [UInt8] = [0xa2, 0x01, 0x26, 0x04, 0x41, 0x21]
        let builder = TokenBuilder(protected: [], unprotected: unprotected)
        #expect(try failures(builder, key: key).map(\.code) == [.algorithm])
    }

    @Test(
        arguments: [
            ([0x23], KeyRole.nordicBaseProduction, -4), ([0x24], .nordicBaseDevelopment, -5),
            ([0x22], .other(-3), -3),
            ([0x20], .other(-1), -1), ([0x02], .other(2), 2),
            ([0x1a, 0xff, 0xff, 0xff, 0xfe], .other(4_294_967_294), 4_294_967_294),
        ] as [([UInt8], KeyRole, Int64)])
    func otherKeysOfTheModemAreUnknown(kid: [UInt8], role: KeyRole, number: Int64) throws {
        let header: [UInt8] = [0xa1, 0x04, 0x40 | UInt8(kid.count)] + kid
        let builder = TokenBuilder(unprotected: header)
        #expect(try builder.token().keyRole == role)
        #expect(role.kid == number)
        // The signature would be good: the kid alone decides.
        #expect(
            try failures(builder, key: key) == [
                CheckFailure(
                    .unknownKey, "expected the identity key (kid -2), found kid \(number) (\(role.name))")
            ])
    }

    @Test(arguments: [
        (KeyTrust.trusted, KeyTrust.given, true), (.trusted, .trusted, true), (.trusted, .observed, false),
        (.observed, .given, true), (.observed, .trusted, true), (.observed, .observed, true),
    ])
    func trust(minimum: KeyTrust, trust: KeyTrust, isEnough: Bool) throws {
        let found = try failures(
            TokenBuilder(), key: key, trust: trust, policy: AttestationPolicy(minimumTrust: minimum))
        let expected = CheckFailure(
            .untrustedKey, "the device's key is observed only, expected a trusted one")
        #expect(found == (isEnough ? [] : [expected]))
    }

    @Test func theChallengeHasToBeTheNonce() throws {
        let nonce = [UInt8](0xa0...0xaf)
        for kind in [TokenBuilder.Kind.identity, .certificationRequest, .publicKey] {
            let builder = TokenBuilder(kind: kind)
            #expect(try failures(builder, key: key, policy: .init(challenge: nonce)) == [])
            for challenge in [[], Array(nonce.dropLast()), nonce + [0], [0xa1] + nonce.dropFirst()] {
                #expect(
                    try failures(builder, key: key, policy: .init(challenge: challenge)) == [
                        CheckFailure(
                            .challengeMismatch,
                            "expected the challenge \(Hex.encode(challenge)), found \(Hex.encode(nonce))")
                    ])
            }
        }
    }

    @Test func theRowNamesTheDevice() throws {
        let own = try DeviceUUID(text: "50515253-5455-5657-5859-5a5b5c5d5e5f")
        let other = try DeviceUUID(text: "50515253-5455-5657-5859-5a5b5c5d5e60")
        #expect(try failures(TokenBuilder(), key: key, expected: own) == [])
        #expect(
            try failures(TokenBuilder(), key: key, expected: other) == [
                CheckFailure(.uuidMismatch, "expected device \(other), the token is of \(own)")
            ])
    }

    @Test(arguments: [
        ("50515253-5455-5657-5859-5a5b5c5d5e5f", true), ("50515253-5455-5657-5859-5A5B5C5D5E5F", true),
        ("nrf-355025930000000", true), ("50515253-5455-5657-5859-5a5b5c5d5e60", false),
    ])
    func aCommonNameThatIsAUUIDNamesTheDevice(name: String, isRight: Bool) throws {
        let builder = TokenBuilder(kind: .certificationRequest, commonName: name)
        let expected = CheckFailure(
            .uuidMismatch,
            "the CSR is for device \(name), the token is of 50515253-5455-5657-5859-5a5b5c5d5e5f")
        #expect(try failures(builder, key: key) == (isRight ? [] : [expected]))
    }

    @Test func theDigestTiesTheFirstPart() throws {
        let digest = [UInt8](repeating: 0, count: 32)
        for kind in [TokenBuilder.Kind.certificationRequest, .publicKey] {
            for form in [TokenBuilder.Form.bound, .plain] {
                let builder = TokenBuilder(kind: kind, form: form, digest: digest)
                let actual = try builder.token().actualDigest
                #expect(
                    try failures(builder, key: key) == [
                        CheckFailure(
                            .digest,
                            "the attested digest is not that of the first part: "
                                + "attested \(Hex.encode(digest)), found \(Hex.encode(actual))")
                    ])
            }
        }
    }

    @Test func theRequestsOwnSignatureCounts() throws {
        let builder = TokenBuilder(kind: .certificationRequest, hasGoodRequestSignature: false)
        #expect(
            try failures(builder, key: key) == [
                CheckFailure(.csrSignature, "the request's signature does not verify under its own key")
            ])
    }

    @Test func highAndLowSAreBothGood() throws {
        let negated = TokenBuilder(editSignature: { signature in
            signature.prefix(32) + subtractedFromOrder(Array(signature.suffix(32)))
        })
        let plain = try TokenBuilder().text()
        let mirrored = try negated.text()
        #expect(plain != mirrored)
        #expect(verifier.outcome(of: plain, key: key) == .verified(.bound))
        #expect(verifier.outcome(of: mirrored, key: key) == .verified(.bound))
    }

    @Test func numbersOutOfRangeAreRefused() throws {
        let zero = [UInt8](repeating: 0, count: 32)
        let maximum = [UInt8](repeating: 0xff, count: 32)
        for replacement in [zero, order, maximum] {
            for edit: @Sendable ([UInt8]) -> [UInt8] in [
                { replacement + $0.suffix(32) }, { $0.prefix(32) + replacement },
                { _ in replacement + replacement },
            ] {
                let text = try TokenBuilder(editSignature: edit).text()
                #expect(verifier.outcome(of: text, key: key) == .rejected([.signature]))
            }
        }
        // The halves exchanged.
        let exchanged = try TokenBuilder(editSignature: { $0.suffix(32) + $0.prefix(32) }).text()
        #expect(verifier.outcome(of: exchanged, key: key) == .rejected([.signature]))
    }

    @Test func aKeyOffTheCurveVerifiesNothing() throws {
        var point = key.point
        point[64] ^= 1
        let off = try #require(P256PublicKey(x963: point[...]))
        let text = try TokenBuilder().text()
        #expect(verifier.outcome(of: text, key: off) == .rejected([.signature]))
        // Nor does the key that was loaded before stand in for it, nor does it stay behind.
        #expect(verifier.outcome(of: text, key: key) == .verified(.bound))
        #expect(verifier.outcome(of: text, key: off) == .rejected([.signature]))
        #expect(verifier.outcome(of: text, key: key) == .verified(.bound))
    }

    @Test func everyFailureIsNamedTheMostTellingFirst() throws {
        var builder = TokenBuilder(kind: .certificationRequest)
        builder.commonName = "00000000-0000-0000-0000-000000000001"
        builder.digest = [UInt8](repeating: 1, count: 32)
        builder.hasGoodRequestSignature = false
        builder.scalar = TokenBuilder.otherScalar
        let expected = try DeviceUUID(text: "00000000-0000-0000-0000-000000000002")
        let policy = AttestationPolicy(challenge: [UInt8](repeating: 2, count: 16))
        let rest: [ErrorCode] = [.digest, .csrSignature, .uuidMismatch, .uuidMismatch, .challengeMismatch]
        func codes(_ builder: TokenBuilder, _ key: P256PublicKey?, _ trust: KeyTrust = .given) throws
            -> [ErrorCode]
        {
            try failures(builder, key: key, trust: trust, expected: expected, policy: policy).map(\.code)
        }
        #expect(try codes(builder, key) == [.signature] + rest)
        #expect(try codes(builder, nil) == [.unknownKey] + rest)
        #expect(try codes(builder, key, .observed) == [.untrustedKey] + rest)
        builder.unprotected = [0xa1, 0x04, 0x41, 0x23]
        #expect(try codes(builder, key) == [.unknownKey] + rest)
        builder.protected = [0xa1, 0x01, 0x38, 0x22]
        #expect(try codes(builder, key) == [.algorithm] + rest)
    }
}

/// The order n of P-256 (SEC 2 section 2.4.2).
private let order: [UInt8] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad,
    0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
]

/// n − `number`, both 32 bytes big-endian.
private func subtractedFromOrder(_ number: [UInt8]) -> [UInt8] {
    var result = order
    var borrow = 0
    for index in (0..<32).reversed() {
        let value = Int(order[index]) - Int(number[index]) - borrow
        borrow = value < 0 ? 1 : 0
        result[index] = UInt8(value & 0xff)
    }
    return result
}
