import Diagnostics
import Foundation
import OpenSSL
import Testing

@testable import PKIX

@Suite struct CertificationRequestTests {
    private func parse(_ pem: String) throws -> CertificationRequest {
        let der = try PEMDocument(Array(pem.utf8)).single("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
        return try CertificationRequest(der: der)
    }

    /// SHA-1 signatures are refused on purpose; a case that hangs on them is counted as skipped.
    private static let unsupported: Set<String> = ["weak-hash"]

    @Test(arguments: ["mbedtls-csr", "cfssl-csr", "nrfcloud-samples"])
    func conformance(suite: String) throws {
        guard let cases = try Vectors.suite(suite) else { return }
        let verifier = try RequestVerifier()
        var right = 0
        var skipped = 0
        var wrong: [String] = []
        for item in cases where item.operation.hasPrefix("csr.") {
            guard let pem = item.inputs.csr_pem else { continue }
            guard Self.unsupported.isDisjoint(with: item.requires) else {
                skipped += 1
                continue
            }
            let accepted: Bool
            var problem = ""
            do {
                let request = try parse(pem)
                if item.operation == "csr.decode" {
                    accepted = true
                } else {
                    switch request.verify(with: verifier) {
                    case .success(let verified):
                        let found = PEMWriter.encode(label: "PUBLIC KEY", der: verified.publicKey.der)
                        let expected = item.output?.public_key_pem
                        accepted = expected == nil || expected.map { Array($0.utf8) } == found
                    case .failure(let failure):
                        accepted = false
                        problem = "\(failure)"
                    }
                }
            } catch {
                accepted = false
                problem = "\(error)"
            }
            if accepted == (item.expected == "accept") {
                right += 1
            } else {
                wrong.append("\(item.level) \(item.case_id): expected \(item.expected); \(problem)")
            }
        }
        print("\(suite): \(right) right, \(skipped) skipped (weak-hash), \(wrong.count) wrong")
        #expect(wrong == [])
        #expect(right > 0)
    }

    @Test func modemRequests() throws {
        let verifier = try RequestVerifier()
        for der in try Vectors.modemRequests() {
            let request = try CertificationRequest(der: der)
            let verified = try request.verify(with: verifier).get()
            #expect(verified.keyKind == .p256)
            #expect(verified.sha256 == Digest.sha256(der))
            #expect(verified.requestedExtensions.map(\.oid) == [.keyUsage])
            #expect(verified.subject.commonName?.isEmpty == false)
            let hasNull = request.der[request.informationRange.upperBound...].starts(with: octets("300c"))
            #expect(verified.quirks == (hasNull ? [.ecdsaNullParameters] : []))
        }
    }

    @Test(arguments: [PrivateKey.GeneratedKind.p256, .p384, .ed25519, .rsa3072])
    func ownRequests(kind: PrivateKey.GeneratedKind) throws {
        let key = try PrivateKey.generate(kind)
        let algorithms: [(SignatureAlgorithm, [UInt8])] =
            switch kind {
            case .p256:
                [
                    (.ecdsa(.sha256), octets("300a06082a8648ce3d040302")),
                    (.ecdsa(.sha512), octets("300a06082a8648ce3d040304")),
                ]
            case .p384: [(.ecdsa(.sha384), octets("300a06082a8648ce3d040303"))]
            case .ed25519: [(.ed25519, octets("300506032b6570"))]
            case .rsa3072:
                [
                    (.rsaPKCS1(.sha256), octets("300d06092a864886f70d01010b0500")),
                    (.rsaPKCS1(.sha384), octets("300b06092a864886f70d01010c")),
                    (
                        .rsaPSS(.sha256),
                        octets(
                            "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d0609608648016503040201"
                                + "0500a203020120")
                    ),
                ]
            }
        let verifier = try RequestVerifier()
        for (algorithm, identifier) in algorithms {
            let subject = try DistinguishedName(text: "CN=test")
            let der = try Requests.make(subject, key, algorithm, identifier: identifier)
            let verified = try CertificationRequest(der: der).verify(with: verifier).get()
            #expect(verified.subject == subject)
            #expect(verified.publicKey.der == key.publicKey.spki)
            #expect(verified.keyKind == key.publicKey.kind)
            #expect(Peer.request(der).verifies)
            var spoiled = der
            spoiled[der.count - 20] ^= 1
            let failure = try CertificationRequest(der: spoiled).verify(with: verifier)
            #expect(
                throws: CheckFailure(
                    .csrSignature, "the request's signature does not verify under its own key")
            ) { try failure.get() }
        }
    }

    @Test func refusesWeakHashesAndKeys() throws {
        let key = try PrivateKey.generate(.rsa3072)
        let verifier = try RequestVerifier()
        let subject = try DistinguishedName(text: "CN=test")
        let sha1 = try Requests.make(
            subject, key, .rsaPKCS1(.sha256), identifier: octets("300d06092a864886f70d0101050500"))
        #expect(throws: CheckFailure(.csrSignature, "expected a SHA-2 signature, found one made with SHA-1"))
        {
            try CertificationRequest(der: sha1).verify(with: verifier).get()
        }
        let short =
            octets("305c300d06092a864886f70d0101010500034b003048024100") + [0xC1]
            + [UInt8](repeating: 1, count: 63) + octets("0203010001")
        #expect(throws: CheckFailure(.csrKey, "expected an RSA key of 1024…16384 bits, found 512")) {
            try SubjectPublicKeyInfo(der: short).acceptedKind().get()
        }
        #expect(
            PublicKey.Kind.rsa(bits: 1024).weakness == "expected an RSA key of at least 2048 bits, found 1024"
        )
        #expect(PublicKey.Kind.rsa(bits: 2048).weakness == nil)
        for (hex, reason) in [
            (
                "3036 3010 06072a8648ce3d0201 06052b8104000a 0322 0002" + String(repeating: "11", count: 32),
                "expected curve P-256, P-384 or P-521, found secp256k1"
            ),
            (
                "3039 3013 06072a8648ce3d0201 06082a8648ce3d030107 0322 0002"
                    + String(repeating: "11", count: 32), "expected an uncompressed point of 65 octets"
            ),
            ("300a 3005 06032b6570 0301 00", "expected an Ed25519 key of 32 octets, found 0"),
            (
                "300a 3005 06032b656e 0301 00",
                "expected a P-256, P-384, P-521, RSA or Ed25519 key, found X25519, which makes no signatures"
            ),
        ] {
            #expect(throws: CheckFailure(.csrKey, reason)) {
                try SubjectPublicKeyInfo(der: octets(hex)).acceptedKind().get()
            }
        }
    }

    @Test func refusesDuplicates() throws {
        let key = try PrivateKey.generate(.p256)
        let subject = try DistinguishedName(text: "CN=test")
        let identifier = octets("300a06082a8648ce3d040302")
        let usage = octets("300b 0603551d0f 0404 030206c0")
        let one = octets("301c 06092a864886f70d01090e 310f 300d") + usage
        var many = DERWriter()
        many.sequence { many in
            many.objectIdentifier(.extensionRequest)
            many.constructed(.set) { set in
                set.sequence { list in
                    for index in UInt8(0)...100 {
                        list.sequence { element in
                            element.primitive(.objectIdentifier, [0x2A, index])
                            element.octetString([])
                        }
                    }
                }
            }
        }
        let twice = octets("3029 06092a864886f70d01090e 311c 301a") + usage + usage
        _ = try CertificationRequest(
            der: Requests.make(subject, key, .ecdsa(.sha256), identifier: identifier, attributes: one))
        for (attributes, reason) in [
            (one + one, "extensionRequest occurs twice"), (twice, "extension 2.5.29.15 occurs twice"),
            (many.bytes, "expected at most 100 extensions"),
        ] {
            let der = try Requests.make(
                subject, key, .ecdsa(.sha256), identifier: identifier, attributes: attributes)
            do throws(DERError) {
                _ = try CertificationRequest(der: der)
                Issue.record("expected a refusal: \(reason)")
            } catch { #expect(error.reason == reason) }
        }
    }
}

/// Requests of our own making.
enum Requests {
    static func make(
        _ subject: DistinguishedName, _ key: PrivateKey, _ algorithm: SignatureAlgorithm, identifier: [UInt8],
        attributes: [UInt8] = []
    ) throws -> [UInt8] {
        var information = DERWriter()
        information.sequence { writer in
            writer.unsignedInteger([0])
            writer.raw(subject.der)
            writer.raw(key.publicKey.spki)
            writer.constructed(.constructed(0)) { $0.raw(attributes) }
        }
        let signature = try key.sign(information.bytes, algorithm: algorithm)
        var request = DERWriter()
        request.sequence { writer in
            writer.raw(information.bytes)
            writer.raw(identifier)
            writer.bitString(signature)
        }
        return request.bytes
    }
}
