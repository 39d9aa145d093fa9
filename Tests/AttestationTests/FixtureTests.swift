import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import Testing

@Suite struct FixtureTests {
    @Test(arguments: Fixture.genuine)
    func genuineTokensVerify(fixture: Fixture) throws {
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        #expect(
            verifier.outcome(of: try fixture.text(), key: try fixture.key()) == .verified(fixture.profile))
        #expect(
            verifier.outcome(of: try fixture.text(), key: try fixture.key(), trust: .observed)
                == .rejected([.untrustedKey]))
    }

    @Test func theEditedTokenIsRejectedForItsDigestAlone() throws {
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        let fixture = Fixture.edited
        #expect(verifier.outcome(of: try fixture.text(), key: try fixture.key()) == .rejected([.digest]))
    }

    @Test func eachKeyVerifiesTheTokensOfItsDeviceOnly() throws {
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        var swaps = 0
        for fixture in Fixture.genuine {
            for other in Fixture.genuine where try other.key() != fixture.key() {
                #expect(
                    verifier.outcome(of: try fixture.text(), key: try other.key()) == .rejected([.signature]))
                swaps += 1
            }
        }
        #expect(swaps == 6)
    }
}
