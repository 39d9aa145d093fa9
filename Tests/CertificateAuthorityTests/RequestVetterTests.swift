import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX
import Testing

@Suite struct RequestVetterTests {
    static let first = "50363154-3931-44f0-8022-121b6401627d"
    static let second = "50343956-3037-4738-800d-1f29e0a0f7bf"

    func vetter(
        _ rule: SubjectRule = .csr, _ demand: RequestVetter.AttestationDemand = .none
    ) throws -> RequestVetter {
        try RequestVetter(profile: try CertificateProfile.device.choosing(rule), demand: demand)
    }

    func codes(_ result: Result<VettedRequest, RequestVetter.Rejection>) -> [ErrorCode] {
        switch result {
        case .success: []
        case .failure(let rejection): rejection.failures.map(\.code)
        }
    }

    @Test func nothingButKeyAndNameIsTaken() throws {
        let key = try deviceKey(1)
        let request = try CertificationRequest.make(subject: try name("CN=sensor,O=Example"), key: key)
        let vetted = try vetter().vet(request).get()
        #expect(vetted.publicKey.der == key.publicKey.spki)
        #expect(vetted.subject.description == "CN=sensor,O=Example")
        #expect(vetted.deviceUUID == nil)
        #expect(vetted.requestSHA256 == Digest.sha256(request.der))
    }

    @Test(arguments: [PrivateKey.GeneratedKind.p384, .ed25519, .rsa3072])
    func otherKeysAreNoDevices(_ kind: PrivateKey.GeneratedKind) throws {
        let request = try CertificationRequest.make(
            subject: try name("CN=x"), key: try PrivateKey.generate(kind))
        #expect(codes(try vetter().vet(request)) == [.csrKey])
    }

    /// Every bit of a request is covered by its form or by its signature.
    @Test func everyFlippedBitIsRefused() throws {
        let request = try CertificationRequest.make(subject: try name("CN=bits"), key: try deviceKey(4))
        let vetter = try vetter()
        for index in request.der.indices {
            var damaged = request.der
            damaged[index] ^= 1
            guard let read = try? CertificationRequest(der: damaged) else { continue }
            #expect(!codes(try vetter.vet(read)).isEmpty, "octet \(index)")
        }
    }

    struct Subject: Sendable, CustomTestStringConvertible {
        /// The common name as UTF8String octets; nil for an empty subject.
        let commonName: String?
        let rule: SubjectRule
        var imei: String?
        /// The subject, or nil for `csr-subject`.
        let expected: String?
        var testDescription: String { "\(rule) of \(commonName ?? "nothing") with \(imei ?? "no IMEI")" }
    }

    static let subjects: [Subject] = [
        Subject(commonName: "sensor", rule: .csr, expected: "CN=sensor"),
        Subject(commonName: "../../x", rule: .csr, expected: "CN=../../x"),
        Subject(commonName: nil, rule: .csr, expected: nil),
        Subject(commonName: "", rule: .csr, expected: nil),
        Subject(commonName: "a\u{0}b", rule: .csr, expected: nil),
        Subject(commonName: "a\u{1b}[2J", rule: .csr, expected: nil),
        Subject(commonName: "a\u{7f}", rule: .csr, expected: nil),
        Subject(commonName: "a\u{85}", rule: .csr, expected: nil),
        Subject(
            commonName: String(repeating: "x", count: 64), rule: .csr,
            expected: "CN=" + String(repeating: "x", count: 64)),
        Subject(commonName: String(repeating: "x", count: 65), rule: .csr, expected: nil),
        Subject(commonName: String(repeating: "ü", count: 65), rule: .csr, expected: nil),
        Subject(commonName: first, rule: .uuid, expected: "CN=" + first),
        Subject(commonName: first.uppercased(), rule: .uuid, expected: "CN=" + first),
        Subject(commonName: "sensor", rule: .uuid, expected: nil),
        Subject(commonName: "../" + first.dropFirst(3), rule: .uuid, expected: nil),
        Subject(commonName: nil, rule: .uuid, expected: nil),
        Subject(commonName: "nrf-355025930000000", rule: .imei, expected: "CN=nrf-355025930000000"),
        Subject(commonName: "nrf-35502593000000", rule: .imei, expected: nil),
        Subject(commonName: "nrf-35502593000000a", rule: .imei, expected: nil),
        Subject(commonName: "nrf-3550259300000000", rule: .imei, expected: nil),
        Subject(
            commonName: "sensor", rule: .imei, imei: "490154203237518", expected: "CN=nrf-490154203237518"),
        Subject(commonName: nil, rule: .imei, imei: "490154203237518", expected: "CN=nrf-490154203237518"),
        Subject(commonName: "sensor", rule: .imei, imei: "490154203237519", expected: nil),
        Subject(commonName: "sensor", rule: .imei, imei: "49015420323751", expected: nil),
        Subject(
            commonName: "nrf-490154203237518", rule: .imei, imei: "490154203237518",
            expected: "CN=nrf-490154203237518"),
        Subject(commonName: "nrf-355025930000000", rule: .imei, imei: "490154203237518", expected: nil),
    ]

    @Test(arguments: subjects)
    func subjectsByRule(_ test: Subject) throws {
        var writer = DERWriter()
        writer.sequence { writer in
            guard let commonName = test.commonName else { return }
            writer.constructed(.set) { writer in
                writer.sequence { writer in
                    writer.primitive(.objectIdentifier, [0x55, 4, 3] as [UInt8])
                    writer.primitive(.utf8String, commonName.utf8)
                }
            }
        }
        let request = try CertificationRequest.make(
            subject: try DistinguishedName(der: writer.bytes), key: try deviceKey(1))
        let result = try vetter(test.rule).vet(request, expecting: .init(imei: test.imei))
        if let expected = test.expected {
            #expect(try result.get().subject.description == expected)
        } else {
            #expect(codes(result) == [.csrSubject])
        }
    }

    @Test func tokens() throws {
        // A token that nobody verified names no device: no name is made of it.
        #expect(codes(try vetter(.uuid).vet(try token("keygen-csr-nrf91x1"), key: nil)) == [.notAttested])
        let vetter = try vetter(.csr)
        let vetted = try vetter.vet(try token("keygen-csr-nrf91x1"), key: nil).get()
        #expect(vetted.deviceUUID == nil)
        #expect(vetted.claimedDeviceUUID?.description == Self.second)
        #expect(vetted.attestation == nil)
        #expect(vetted.requestedExtensions.map(\.oid) == [.keyUsage])
        #expect(codes(try vetter.vet(try token("keygen-csr-edited"), key: nil)) == [.digest])
        #expect(codes(try vetter.vet(try token("attestation-nrf9160"), key: nil)) == [.tokenFormat])
        #expect(codes(try vetter.vet(try token("keygen-public-key-nrf9160"), key: nil)) == [.tokenFormat])
        let other = RequestExpectations(deviceUUID: try DeviceUUID(text: Self.first))
        #expect(
            codes(try vetter.vet(try token("keygen-csr-nrf91x1"), key: nil, expecting: other)) == [
                .uuidMismatch
            ])
    }

    @Test func attestation() throws {
        let genuine = try token("keygen-csr-nrf9160")
        let (key, otherKey) = (try identityKey(Self.first), try identityKey(Self.second))
        for demand in [RequestVetter.AttestationDemand.whenKeyIsKnown, .always] {
            let vetted = try vetter(.csr, demand).vet(genuine, key: key).get()
            #expect(vetted.attestation?.profile == .bound)
            #expect(vetted.attestation?.key == key)
            #expect(vetted.deviceUUID?.description == Self.first)
        }
        let known = try vetter(.csr, .whenKeyIsKnown)
        #expect(try known.vet(genuine, key: nil).get().attestation == nil)
        #expect(codes(try known.vet(genuine, key: otherKey)) == [.signature])
        let always = try vetter(.csr, .always)
        #expect(codes(try always.vet(genuine, key: nil)) == [.notAttested, .unknownKey])
        #expect(codes(try always.vet(genuine, key: otherKey)) == [.notAttested, .signature])
        #expect(
            codes(try always.vet(try token("keygen-csr-edited"), key: otherKey)) == [.notAttested, .digest])
        let bare = try CertificationRequest.make(subject: try name("CN=x"), key: try deviceKey(1))
        #expect(codes(try always.vet(bare)) == [.notAttested])
    }
}
