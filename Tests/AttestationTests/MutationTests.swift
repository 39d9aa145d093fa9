import Attestation
import COSE
import DeviceIdentity
import Diagnostics
import OpenSSL
import TestSupport
import Testing

@Suite struct MutationTests {
    @Test(arguments: Fixture.genuine)
    func noBitOfEitherHalfMayChange(fixture: Fixture) throws {
        let key = try fixture.key()
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        let (first, second) = try fixture.halves()
        #expect(verifier.outcome(of: tokenText(first, second), key: key) == .verified(fixture.profile))
        var rejected = 0
        var malformed = 0
        func judge(_ first: [UInt8], _ second: [UInt8], _ place: String) {
            switch verifier.outcome(of: tokenText(first, second), key: key) {
            case .verified: Issue.record("verifies with \(place) changed")
            case .rejected(let codes):
                rejected += 1
                #expect(!codes.isEmpty)
            case .malformed: malformed += 1
            }
        }
        for bit in 0..<(first.count * 8) {
            var changed = first
            changed[bit / 8] ^= 1 << (bit % 8)
            judge(changed, second, "bit \(bit) of the first part")
        }
        for bit in 0..<(second.count * 8) {
            var changed = second
            changed[bit / 8] ^= 1 << (bit % 8)
            judge(first, changed, "bit \(bit) of the second part")
        }
        #expect(rejected + malformed == (first.count + second.count) * 8)
        #expect(rejected > 0 && malformed > 0)
        print("\(fixture.name): \(rejected) changes rejected, \(malformed) malformed")
    }

    /// A public key in the plain form hangs on its token by the digest alone; no such token is published.
    @Test func noBitOfAPlainPublicKeyMayChange() throws {
        let key = try TokenBuilder.key()
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        let token = try TokenBuilder(kind: .publicKey, form: .plain).token()
        let envelope = token.cose.bytes
        #expect(verifier.outcome(of: tokenText(token.firstPart, envelope), key: key) == .verified(.plain))
        var digests = 0
        for bit in 0..<(token.firstPart.count * 8) {
            var changed = token.firstPart
            changed[bit / 8] ^= 1 << (bit % 8)
            let outcome = verifier.outcome(of: tokenText(changed, envelope), key: key)
            if outcome == .rejected([.digest]) { digests += 1 } else { #expect(outcome == .malformed(.der)) }
        }
        // The key's own 64 bytes at least have no form that could break.
        #expect(digests >= 64 * 8)
    }

    @Test(arguments: Fixture.genuine)
    func noBitOfTheTextMayChange(fixture: Fixture) throws {
        let key = try fixture.key()
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        let text = try fixture.text()
        #expect(verifier.outcome(of: text, key: key) == .verified(fixture.profile))
        var mutations = 0
        for bit in 0..<(text.count * 8) {
            var changed = text
            changed[bit / 8] ^= 1 << (bit % 8)
            if case .verified = verifier.outcome(of: changed, key: key) {
                Issue.record("verifies with bit \(bit) of the text changed")
            }
            mutations += 1
        }
        #expect(mutations == text.count * 8 && mutations > 0)
    }

    @Test(arguments: Fixture.genuine)
    func noPartMayBeMissingOrRepeated(fixture: Fixture) throws {
        let key = try fixture.key()
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        let text = try fixture.text()
        var mutations = 0
        for length in 0..<text.count {
            for changed in [
                Array(text.prefix(length)), Array(text.suffix(length)), text + text.prefix(length + 1),
            ] {
                if case .verified = verifier.outcome(of: changed, key: key) {
                    Issue.record("verifies with \(length) characters")
                }
                mutations += 1
            }
        }
        #expect(mutations == text.count * 3 && mutations > 0)
    }

    @Test func halvesOfTwoTokensDoNotFitTogether() throws {
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        var combinations = 0
        for left in Fixture.genuine {
            for right in Fixture.genuine where left.name != right.name {
                let text = tokenText(try left.halves().first, try right.halves().second)
                for key in [try left.key(), try right.key()] {
                    if case .verified = verifier.outcome(of: text, key: key) {
                        Issue.record("\(left.name) verifies with the signature of \(right.name)")
                    }
                    combinations += 1
                }
            }
        }
        #expect(combinations == 24)
    }

    /// 100,000 damaged samples: none ends the process, none verifies.
    @Test func randomDamageNeverVerifies() throws {
        var random = SplitMix64(seed: 9_160)
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        let samples = try (Fixture.genuine + [Fixture.edited]).map { fixture in
            (text: try fixture.text(), halves: try fixture.halves(), key: try fixture.key())
        }
        var counts = (rejected: 0, malformed: 0)
        var round = 0
        while round < 100_000 {
            let sample = samples[round % samples.count]
            var text = sample.text
            switch Int.random(in: 0..<3, using: &random) {
            case 0: damage(&text, using: &random)
            case 1:
                var first = sample.halves.first
                damage(&first, using: &random)
                text = tokenText(first, sample.halves.second)
            default:
                var second = sample.halves.second
                damage(&second, using: &random)
                text = tokenText(sample.halves.first, second)
            }
            // Changes may cancel one another out.
            guard text != sample.text else { continue }
            round += 1
            switch verifier.outcome(of: text, key: sample.key) {
            case .verified: Issue.record("verifies: \(String(decoding: text, as: UTF8.self))")
            case .rejected: counts.rejected += 1
            case .malformed: counts.malformed += 1
            }
        }
        #expect(counts.rejected + counts.malformed == 100_000)
        #expect(counts.rejected > 5_000 && counts.malformed > 5_000)
        print("100000 damaged tokens: \(counts.rejected) rejected, \(counts.malformed) malformed")
    }

    /// One to four bytes flipped, inserted, deleted or stretches of up to 16 repeated.
    private func damage(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            case 3: bytes.remove(at: index)
            default:
                let length = Int.random(in: 1...16, using: &random)
                bytes.insert(contentsOf: bytes[index...].prefix(length), at: index)
            }
        }
    }
}
