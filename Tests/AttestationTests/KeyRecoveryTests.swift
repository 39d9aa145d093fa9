import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import Testing

@Suite struct KeyRecoveryTests {
    private func codes(_ tokens: [AttestationToken]) throws -> [ErrorCode]? {
        switch try KeyRecovery.recover(tokens) {
        case .recovered: nil
        case .rejected(let failures): failures.map(\.code)
        }
    }

    @Test(arguments: [
        (
            "50363154-3931-44f0-8022-121b6401627d", SigningProfile.bound,
            "13f696a2198b96d7a79f8a2ce301d5d007abfd40652e0fe2a9e38f78f248e383"
        ),
        (
            "50343956-3037-4738-800d-1f29e0a0f7bf", .plain,
            "c76536a56ac928164b6967c8b36b2c2b16427d7b11d7f8f5ca0b4ae2e9d79c7c"
        ),
    ])
    func reproducesTheKeysOfThePublishedTokens(device: String, profile: SigningProfile, kid: String) throws {
        let fixtures = (Fixture.genuine + [Fixture.edited]).filter { $0.profile == profile }
        let tokens = try fixtures.map { try $0.token() }
        guard case .recovered(let key) = try KeyRecovery.recover(tokens) else {
            Issue.record("expected a key")
            return
        }
        #expect(key.deviceUUID.description == device)
        #expect(key.profile == profile)
        #expect(Hex.encode(key.publicKey.kid) == kid)
        #expect(key.publicKey == (try fixtures[0].key()))
        #expect(key.signatures == (profile == .bound ? 3 : 2))
        // The order does not matter, and a token given twice counts once.
        #expect(try KeyRecovery.recover(tokens.reversed()) == .recovered(key))
        #expect(try KeyRecovery.recover(tokens + tokens) == .recovered(key))
    }

    @Test func anyTwoOfThreeAreEnough() throws {
        let tokens = try Fixture.genuine.filter { $0.profile == .bound }.map { try $0.token() }
        #expect(tokens.count == 3)
        for left in 0..<3 {
            for right in 0..<3 where left != right {
                guard case .recovered(let key) = try KeyRecovery.recover([tokens[left], tokens[right]]) else {
                    Issue.record("expected a key of \(left) and \(right)")
                    continue
                }
                #expect(key.publicKey == (try Fixture.genuine[0].key()))
                #expect(key.signatures == 2)
            }
        }
    }

    /// A foreign signature over a message that was given before is not passed over, in whatever order they come.
    @Test func everySignatureHasToBeByTheKey() throws {
        let tokens = try Fixture.genuine.filter { $0.profile == .bound }.map { try $0.token() }
        let (first, second) = try Fixture.genuine[0].halves()
        let changed = try AttestationToken(
            tokenText(first, second.dropLast() + [second[second.count - 1] ^ 1])[...])
        for mixed in [tokens + [changed], [changed] + tokens, [tokens[0], changed, tokens[1]]] {
            #expect(try codes(mixed) == [.signature])
        }
    }

    @Test func oneSignatureIsNotEnough() throws {
        #expect(try codes([]) == [.signature])
        for fixture in Fixture.genuine {
            let token = try fixture.token()
            #expect(try codes([token]) == [.signature])
            #expect(try codes([token, token]) == [.signature])
            #expect(try codes([token, token, token]) == [.signature])
        }
    }

    @Test func twoDevicesAreRefused() throws {
        let tokens = try Fixture.genuine.map { try $0.token() }
        #expect(try codes(tokens) == [.uuidMismatch])
        #expect(try codes([tokens[0], tokens[3]]) == [.uuidMismatch])
    }

    @Test func unrelatedSignaturesHaveNoKeyInCommon() throws {
        let own = try TokenBuilder().token()
        let foreign = try TokenBuilder(scalar: TokenBuilder.otherScalar, nonce: [UInt8](0...15)).token()
        #expect(try codes([own, foreign]) == [.signature])
        // Nor does a third that fits one of them help.
        let third = try TokenBuilder(nonce: [UInt8](16...31)).token()
        #expect(try codes([own, third]) == nil)
        #expect(try codes([own, third, foreign]) == [.signature])
    }

    @Test func profilesMayMixOnlyAsDevicesDo() throws {
        let key = try TokenBuilder.key()
        let attestation = try TokenBuilder().token()
        let plain = try TokenBuilder(kind: .publicKey, form: .plain).token()
        let bound = try TokenBuilder(kind: .certificationRequest, form: .bound).token()
        for (tokens, profile) in [
            ([attestation, plain], SigningProfile.plain), ([attestation, bound], .bound),
        ] {
            guard case .recovered(let found) = try KeyRecovery.recover(tokens) else {
                Issue.record("expected a key")
                continue
            }
            #expect(found.publicKey == key)
            #expect(found.profile == profile)
        }
        #expect(try codes([plain, bound]) == [.signature])
    }

    @Test func otherAlgorithmsAndKeysAreRefused() throws {
        let good = try TokenBuilder().token()
        let algorithm = try TokenBuilder(protected: [0xa1, 0x01, 0x38, 0x22]).token()
        let kid = try TokenBuilder(unprotected: [0xa1, 0x04, 0x41, 0x23]).token()
        #expect(try codes([good, algorithm]) == [.algorithm])
        #expect(try codes([good, kid]) == [.unknownKey])
    }

    @Test func numbersOutOfRangeRecoverNothing() throws {
        let zero = [UInt8](repeating: 0, count: 64)
        let good = try TokenBuilder().token()
        let bad = try TokenBuilder(nonce: [UInt8](0...15), editSignature: { _ in zero }).token()
        #expect(try codes([good, bad]) == [.signature])
        #expect(try codes([bad, good]) == [.signature])
    }
}
