import Attestation
import DeviceIdentity
import Diagnostics
import JWT
import OpenSSL
import Simulator
import Testing

@Suite("Simulated devices")
struct SimulatedDeviceTests {
    private let arithmetic: P256Arithmetic

    init() throws { arithmetic = try P256Arithmetic() }

    private func device(_ index: Int, _ model: DeviceModel = .nRF9151) throws -> SimulatedDevice {
        try SimulatedDevice(seed: FleetSeed("bench"), index: index, model: model, arithmetic: arithmetic)
    }

    @Test func areTheSameEachTime() throws {
        let first = try device(3)
        let again = try device(3)
        #expect(first.uuid == again.uuid)
        #expect(first.imei == again.imei)
        #expect(first.publicKey == again.publicKey)
        #expect(
            try first.attestationToken(arithmetic: arithmetic)
                == again.attestationToken(arithmetic: arithmetic))
        #expect(try device(4).uuid != first.uuid)
    }

    @Test func canBeToldFromRealOnes() throws {
        let fleet = try (0..<500).map { try device($0) }
        #expect(fleet.allSatisfy { $0.uuid.isSimulated })
        #expect(fleet.allSatisfy { $0.uuid.description.hasPrefix("53494d44-4556-4") })
        #expect(fleet.allSatisfy { $0.imei.description.hasPrefix("001") })
        #expect(Set(fleet.map(\.uuid)).count == 500)
        #expect(Set(fleet.map(\.imei)).count == 500)
        #expect(!(try DeviceUUID(text: "50363154-3931-44f0-8022-121b6401627d")).isSimulated)
    }

    @Test(arguments: [DeviceModel.nRF9151, .nRF9160])
    func attestAsModemsDo(_ model: DeviceModel) throws {
        let device = try device(0, model)
        let text = try device.attestationToken(arithmetic: arithmetic)
        #expect(text.utf8.count == 180)
        let token = try AttestationToken(Array(text.utf8)[...])
        guard case .identity(let message) = token.content else {
            Issue.record("expected an identity message")
            return
        }
        #expect(message.deviceUUID == device.uuid)
        #expect(message.deviceType == model.type)
        #expect(message.firmwareUUID == device.firmwareUUID)
        #expect(try verified(token, of: device).profile == .bound)
    }

    @Test func attestTheChallenge() throws {
        let device = try device(0)
        let challenge = [UInt8](repeating: 7, count: 16)
        let text = try device.attestationToken(challenge: challenge, arithmetic: arithmetic)
        let token = try AttestationToken(Array(text.utf8)[...])
        _ = try verified(token, of: device, challenge: challenge)
    }

    /// What a verifier that knows the device says.
    private func verified(
        _ token: AttestationToken, of device: SimulatedDevice, challenge: [UInt8]? = nil
    ) throws -> VerifiedAttestation {
        let verifier = try AttestationVerifier(policy: AttestationPolicy(challenge: challenge))
        let key = IdentityKey(publicKey: device.publicKey, trust: .trusted)
        switch verifier.verify(token, key: key, expectedUUID: device.uuid) {
        case .verified(let verified): return verified
        case .rejected(let failures): throw try #require(failures.first)
        }
    }

    @Test func writeTokensAsTheModemDoes() throws {
        let device = try device(0)
        let text = try device.jwt(
            now: 1_700_000_000, random: [UInt8](repeating: 0xab, count: 16), arithmetic: arithmetic)
        let parts = text.split(separator: ".").map { Array($0.utf8) }
        let json = try parts.prefix(2).map { String(decoding: try Base64.decodeURL($0[...]), as: UTF8.self) }
        let kid = Hex.encode(device.publicKey.kid)
        let random = String(repeating: "ab", count: 16)
        #expect(
            json == [
                #"{"typ":"JWT","alg":"ES256","kid":"\#(kid)"}  "#,
                #"{"iss":"nRF9151.\#(device.uuid)","jti":"nRF9151.\#(device.firmwareUUID).\#(random)","#
                    + #""iat":1700000000,"exp":1700000300}"#,
            ])
        #expect(json.allSatisfy { $0.utf8.count % 3 == 0 })
        let keys = SingleJWTKey(JWTKey(device.publicKey, trust: "trusted"))
        let verifier = try JWTVerifier(policy: JWTPolicy(now: 1_700_000_001), keys: keys)
        let token = try UnverifiedJWT(Array(text.utf8)[...])
        #expect(token.claimedDevice == device.uuid)
        guard case .verified = verifier.verify(token) else {
            Issue.record("expected a token that verifies")
            return
        }
    }

    @Test func refuseAClockBefore1970() throws {
        let device = try device(0)
        #expect(throws: ToolError(.usage, "expected a clock after 1970, found -1 seconds")) {
            try device.jwt(now: -1, random: [], arithmetic: arithmetic)
        }
    }
}
