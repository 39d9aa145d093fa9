import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
@testable import Store
import Registry
import TestFleet
import Testing

@Suite struct LearningTests {
    let folder: WorkFolder
    let store: SQLiteStore
    let device: TestDevice
    let other: TestDevice
    let arithmetic: P256Arithmetic

    init() throws {
        folder = try WorkFolder()
        store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        device = try TestDevice(seed: 1)
        other = try TestDevice(seed: 2)
        arithmetic = try P256Arithmetic()
    }

    private func attestation(_ nonce: UInt8, negatesS: Bool = false) throws -> Observation {
        try observation(
            of: device.attestation(
                nonce: [UInt8](repeating: nonce, count: 16), signer: arithmetic, negatesS: negatesS),
            arithmetic)
    }

    private func keyGeneration(_ nonce: UInt8, _ profile: SigningProfile) throws -> Observation {
        try observation(
            of: device.keyGeneration(
                of: other.publicKey, nonce: [UInt8](repeating: nonce, count: 16), profile: profile,
                signer: arithmetic), arithmetic)
    }

    /// What another signer says in the device's name.
    private func forgery(_ nonce: UInt8) throws -> Observation {
        let foreign = try observation(
            of: other.attestation(nonce: [UInt8](repeating: nonce, count: 16), signer: arithmetic), arithmetic
        )
        return Observation(
            uuid: device.uuid, tokenDigest: foreign.tokenDigest, bound: foreign.bound, plain: foreign.plain)
    }

    private func learn(_ observations: Observation...) throws -> [String] {
        try store.learn(observations, at: 500).map(\.word)
    }

    @Test func twoSignaturesTellTheKey() throws {
        #expect(try learn(attestation(1)) == ["pending"])
        #expect(try store.device(device.uuid) == nil)
        let outcome = try store.learn([attestation(2)], at: 600)
        let key = IdentityKey(publicKey: device.publicKey, trust: .observed)
        #expect(outcome == [.learned(key, .bound)])
        #expect(
            try store.device(device.uuid)
                == DeviceRecord(
                    uuid: device.uuid, imei: nil, registeredAt: 600,
                    key: RegisteredKey(identity: key, profile: .bound, since: 600)))
        let expected = try Set([attestation(1), attestation(2)].map(\.tokenDigest))
        let evidence = try store.evidence(of: device.uuid)
        #expect(Set(evidence.map(\.inputDigest)) == Set(expected.map { $0 }))
        #expect(evidence.allSatisfy { $0.how == .learned && $0.at == 600 && $0.profile == .bound })
    }

    @Test func theSameTokenTwiceTellsNothing() throws {
        #expect(try learn(attestation(1), attestation(1)) == ["pending", "pending"])
        #expect(try learn(attestation(1)) == ["pending"])
        #expect(try StoreState(path: folder.path("assay.db")).observations.count == 1)
    }

    @Test func theSameSignatureInAnotherGuiseTellsNothing() throws {
        let negated = try attestation(1, negatesS: true)
        #expect(try negated.tokenDigest != attestation(1).tokenDigest)
        #expect(try learn(attestation(1), negated) == ["pending", "pending"])
        #expect(try learn(attestation(2)) == ["learned bound"])
        #expect(try store.key(of: device.uuid)?.publicKey == device.publicKey)
        #expect(try store.evidence(of: device.uuid).count == 3)
    }

    @Test func eachProfileIsLearned() throws {
        #expect(
            try learn(keyGeneration(1, .plain), keyGeneration(2, .plain)) == ["pending", "learned plain"])
        #expect(try store.device(device.uuid)?.key?.profile == .plain)
        #expect(try store.key(of: device.uuid)?.publicKey == device.publicKey)
    }

    @Test(arguments: [SigningProfile.bound, .plain])
    func attestationAndKeyGenerationTogether(_ profile: SigningProfile) throws {
        #expect(
            try learn(attestation(1), keyGeneration(2, profile)) == [
                "pending", "learned \(profile.rawValue)",
            ])
        #expect(try store.key(of: device.uuid)?.publicKey == device.publicKey)
        // Each piece of evidence is of the profile in which its own signature was made.
        let digest = try attestation(1).tokenDigest
        for entry in try store.evidence(of: device.uuid) {
            #expect(entry.profile == (entry.inputDigest == digest ? .bound : profile))
        }
    }

    @Test func laterSignaturesAreKnownOrConflict() throws {
        _ = try learn(attestation(1), attestation(2))
        #expect(
            try learn(attestation(3), keyGeneration(4, .plain), attestation(3), forgery(5)) == [
                "known bound", "known plain", "known bound", "key-conflict",
            ])
        #expect(try store.key(of: device.uuid)?.publicKey == device.publicKey)
        #expect(try store.evidence(of: device.uuid).count == 4)
    }

    @Test func aTrustedKeyStaysTrusted() throws {
        _ = try store.register([device.registration(.trusted)], at: 1)
        let outcomes = try store.learn([attestation(1), forgery(2)], at: 2)
        #expect(outcomes[0] == .known(IdentityKey(publicKey: device.publicKey, trust: .trusted), .bound))
        #expect(outcomes[1].word == "key-conflict")
        #expect(try store.evidence(of: device.uuid).map(\.how) == [.imported, .learned])
    }

    @Test func aKeyIsLearnedForADeviceThatWasOnlyNamed() throws {
        _ = try store.register([device.registration(nil, imei: device.imei)], at: 1)
        #expect(try learn(attestation(1), attestation(2)) == ["pending", "learned bound"])
        #expect(try store.device(device.uuid)?.imei == device.imei)
        #expect(try store.device(device.uuid)?.registeredAt == 1)
        #expect(try store.key(of: device.uuid)?.trust == .observed)
    }

    @Test func aMadeUpSignatureDoesNotHinderLearning() throws {
        #expect(try learn(forgery(9), attestation(1)) == ["pending", "pending"])
        #expect(try learn(attestation(2)) == ["learned bound"])
        #expect(try store.key(of: device.uuid)?.publicKey == device.publicKey)
        let forged = try forgery(9).tokenDigest
        #expect(try store.evidence(of: device.uuid).count == 2)
        #expect(try !store.evidence(of: device.uuid).contains { $0.inputDigest == forged })
    }

    /// Whoever knows a device's UUID may send any number of signatures that have nothing in common. Each looks at a few
    /// others only, and the device's own key is found among them all the same.
    @Test func madeUpSignaturesCostNoMoreEach() throws {
        let forgeries = (0..<3_000).map { number in
            // Points need not be on the curve here: they are compared, not used.
            let points = (0..<2).compactMap { half in
                P256PublicKey(
                    x963: ([4] + Digest.sha256(Array("\(number) \(half)".utf8))
                        + [UInt8](repeating: 1, count: 32))[...])
            }
            return Observation(
                uuid: device.uuid, tokenDigest: Digest.sha256(Array("\(number)".utf8)), bound: points,
                plain: [])
        }
        func time(_ count: Int, from first: Int) throws -> Duration {
            try ContinuousClock().measure {
                let outcomes = try store.learn(Array(forgeries[first..<first + count]), at: 1)
                #expect(outcomes.allSatisfy { $0 == .pending })
            }
        }
        let early = try time(500, from: 0)
        #expect(try learn(attestation(1)) == ["pending"])
        _ = try time(2_000, from: 500)
        let late = try time(500, from: 2_500)
        // Quadratic it was twentyfold and more; the machine may be busy.
        #expect(late < early * 8)
        #expect(try learn(attestation(2)) == ["learned bound"])
        #expect(try store.key(of: device.uuid)?.publicKey == device.publicKey)
        #expect(try store.verifyLedger().findings == [])
    }

    /// The same signature written in ever new ways leaves the same two keys possible: it neither decides anything nor
    /// hides another one.
    @Test func manyGuisesHideNothing() throws {
        let own = try attestation(1)
        let guises = (0..<200).map { number in
            Observation(
                uuid: own.uuid, tokenDigest: Digest.sha256(Array("guise \(number)".utf8)), bound: own.bound,
                plain: own.plain)
        }
        #expect(try store.learn(guises, at: 1).allSatisfy { $0 == .pending })
        #expect(try learn(attestation(2)) == ["learned bound"])
        #expect(try store.key(of: device.uuid)?.publicKey == device.publicKey)
    }

    @Test func anObservedKeyIsNoTrustedKey() throws {
        _ = try learn(attestation(1), attestation(2))
        let token = try AttestationToken(
            Array(device.attestation(nonce: [UInt8](repeating: 3, count: 16), signer: arithmetic).utf8)[...])
        let key = try store.key(of: device.uuid)
        let strict = try AttestationVerifier(policy: AttestationPolicy(minimumTrust: .trusted))
        guard case .rejected(let failures) = strict.verify(token, key: key) else {
            Issue.record("expected a rejection")
            return
        }
        #expect(failures.map(\.code) == [.untrustedKey])
        let relaxed = try AttestationVerifier(policy: AttestationPolicy(minimumTrust: .observed))
        guard case .verified(let attestation) = relaxed.verify(token, key: key) else {
            Issue.record("expected a verification")
            return
        }
        #expect(attestation.key.trust == .observed)
    }
}
