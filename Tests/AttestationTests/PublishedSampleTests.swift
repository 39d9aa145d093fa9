import Attestation
import COSE
import DeviceIdentity
import Diagnostics
import Foundation
import OpenSSL
import PKIX
import TestSupport
import Testing

/// A sample of `nordic-samples.json`: a modem's output with what it decodes to.
private struct Sample: Decodable {
    struct Expected: Decodable {
        let protected_hex: String
        let kid_hex: String
        let kid_decoded: Int64
        let payload_hex: String?
        let signature_hex: String
        let message_type: UInt64
        let device_uuid: String
        let device_type: UInt64?
        let firmware_uuid: String?
        let nonce_hex: String
        let sec_tag: UInt32?
        let digest_hex: String?
        let digest_matches_first_part: Bool?
        let csr_subject_cn: String?
        let csr_public_key_point_hex: String?
        let csr_signature_algorithm_has_null_params: Bool?
        let csr_self_signature_valid: Bool?
        let public_key_point_hex: String?
    }

    struct Key: Decodable {
        let uncompressed_point_hex: String
        let spki_sha256_hex: String
    }

    let name: String
    let kind: String
    let input: String
    let first_part_hex: String
    let cose_hex: String
    let expected: Expected
    let signing_profile: String?
    let sig_structure_hex: String?
    let sig_structure_sha256_hex: String?
    let identity_public_key: Key?

    func token() throws -> AttestationToken { try AttestationToken(Array(input.utf8)[...]) }
}

private enum Samples {
    private struct File: Decodable {
        struct Element: Decodable {
            /// Nil for samples of other kinds, JWTs and command messages.
            let sample: Sample?

            private enum CodingKeys: CodingKey {
                case kind
            }

            init(from decoder: any Decoder) throws {
                let kind = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .kind)
                let kinds = ["attesttoken", "keygen-csr", "keygen-pubkey"]
                sample = kinds.contains(kind) ? try Sample(from: decoder) : nil
            }
        }
        let samples: [Element]
    }

    static let file = TestPaths.vectors.map { $0.appendingPathComponent("nordic-samples.json") }
    static let isThere = file.map { FileManager.default.fileExists(atPath: $0.path) } == true

    static func all() throws -> [Sample] {
        let data = try Data(contentsOf: try #require(file))
        let samples = try JSONDecoder().decode(File.self, from: data).samples.compactMap(\.sample)
        try #require(samples.count == 11)
        return samples
    }
}

@Suite(.needs(Samples.isThere, or: "no published modem samples among the third-party vectors"))
struct PublishedSampleTests {
    @Test func envelopesDecodeAsExpected() throws {
        for sample in try Samples.all() {
            let token = try sample.token()
            let expected = sample.expected
            let cose = token.cose
            #expect(Hex.encode(token.firstPart) == sample.first_part_hex, "\(sample.name)")
            #expect(Hex.encode(cose.bytes) == sample.cose_hex)
            #expect(Hex.encode(cose.bytes[cose.protected]) == expected.protected_hex)
            #expect(cose.algorithm == -7)
            #expect(cose.keyID.map { Hex.encode(cose.bytes[$0]) } == expected.kid_hex)
            #expect(token.keyRole.kid == expected.kid_decoded)
            #expect(cose.payload.map { Hex.encode(cose.bytes[$0]) } == expected.payload_hex)
            #expect(Hex.encode(cose.bytes[cose.signature]) == expected.signature_hex)
        }
    }

    @Test func messagesDecodeAsExpected() throws {
        var kinds: [String: Int] = [:]
        for sample in try Samples.all() {
            let token = try sample.token()
            let expected = sample.expected
            kinds[sample.kind, default: 0] += 1
            #expect(token.deviceUUID.description == expected.device_uuid, "\(sample.name)")
            #expect(Hex.encode(token.nonce) == expected.nonce_hex)
            #expect(token.keyMessage?.secTag.rawValue == expected.sec_tag)
            #expect((token.keyMessage?.digest).map { Hex.encode($0) } == expected.digest_hex)
            #expect(
                token.keyMessage.map { $0.digest == token.actualDigest } == expected.digest_matches_first_part
            )
            switch token.content {
            case .identity(let message):
                #expect(sample.kind == "attesttoken")
                #expect(expected.message_type == 1)
                #expect(message.deviceType.code == expected.device_type)
                #expect(message.firmwareUUID.description == expected.firmware_uuid)
            case .certificationRequest(let message, let request):
                #expect(sample.kind == "keygen-csr")
                #expect(expected.message_type == message.subject.rawValue)
                try judge(request, expected)
            case .publicKey(let message, let key):
                #expect(sample.kind == "keygen-pubkey")
                #expect(expected.message_type == message.subject.rawValue)
                #expect((key.p256?.point).map { Hex.encode($0) } == expected.public_key_point_hex)
            }
        }
        #expect(kinds == ["attesttoken": 2, "keygen-csr": 8, "keygen-pubkey": 1])
    }

    private func judge(_ request: CertificationRequest, _ expected: Sample.Expected) throws {
        #expect(request.subject.commonName == expected.csr_subject_cn)
        #expect((request.publicKey.p256?.point).map { Hex.encode($0) } == expected.csr_public_key_point_hex)
        #expect(
            request.quirks.contains(.ecdsaNullParameters) == expected.csr_signature_algorithm_has_null_params)
        let verdict = request.verify(with: try RequestVerifier())
        #expect(((try? verdict.get()) != nil) == expected.csr_self_signature_valid)
    }

    @Test func sigStructuresAreThoseThatWereSigned() throws {
        var compared = 0
        for sample in try Samples.all() {
            guard let structure = sample.sig_structure_hex else { continue }
            let token = try sample.token()
            let cose = token.cose
            let isBound = sample.signing_profile == "bound"
            let encoded = SigStructure.encode(
                protected: cose.bytes[cose.protected], externalAAD: isBound ? token.firstPart[...] : [],
                payload: cose.payload.map { .bytes(cose.bytes[$0]) } ?? .null)
            #expect(Hex.encode(encoded) == structure, "\(sample.name)")
            #expect(Hex.encode(Digest.sha256(encoded)) == sample.sig_structure_sha256_hex)
            compared += 1
        }
        #expect(compared == 5)
    }

    @Test func tokensVerifyUnderTheirIdentityKey() throws {
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        var outcomes: [String: Int] = [:]
        for sample in try Samples.all() {
            let text = Array(sample.input.utf8)
            guard let known = sample.identity_public_key else {
                #expect(verifier.outcome(of: text, key: nil) == .rejected([.unknownKey]), "\(sample.name)")
                outcomes["unknown", default: 0] += 1
                continue
            }
            let point = try #require(Hex.decode(known.uncompressed_point_hex))
            let key = try #require(P256PublicKey(x963: point[...]))
            #expect(Hex.encode(key.kid) == known.spki_sha256_hex)
            if sample.expected.digest_matches_first_part == false {
                #expect(verifier.outcome(of: text, key: key) == .rejected([.digest]), "\(sample.name)")
                outcomes["edited", default: 0] += 1
            } else {
                let profile = try #require(sample.signing_profile.flatMap(SigningProfile.init(rawValue:)))
                #expect(verifier.outcome(of: text, key: key) == .verified(profile), "\(sample.name)")
                outcomes["verified", default: 0] += 1
            }
        }
        #expect(outcomes == ["verified": 4, "edited": 1, "unknown": 6])
    }
}
