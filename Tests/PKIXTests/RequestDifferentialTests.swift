import Diagnostics
import Foundation
import OpenSSL
import TestSupport
import Testing

@testable import PKIX

/// Our reader against OpenSSL's on damaged requests: we may be stricter, for reasons that are named here, and
/// never laxer.
@Suite struct RequestDifferentialTests {
    private func samples() throws -> [[UInt8]] {
        var result = try Vectors.modemRequests()
        for suite in ["mbedtls-csr", "cfssl-csr", "nrfcloud-samples"] {
            for item in try Vectors.suite(suite) ?? [] {
                guard let pem = item.inputs.csr_pem, let document = try? PEMDocument(Array(pem.utf8)) else {
                    continue
                }
                result += document.entries.map(\.der)
            }
        }
        let key = try PrivateKey.p256(scalar: [UInt8](repeating: 7, count: 32))
        let usage = octets("301c 06092a864886f70d01090e 310f 300d 300b 0603551d0f 0404 030206c0")
        result.append(
            try Requests.make(
                DistinguishedName(text: "CN=a+O=b,C=NO"), key, .ecdsa(.sha256),
                identifier: octets("300a06082a8648ce3d040302"), attributes: usage))
        return result
    }

    private func mutate(_ sample: [UInt8], _ generator: inout SplitMix64) -> [UInt8] {
        var bytes = sample
        for _ in 0..<Int.random(in: 1...2, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0, 1: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 2: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: at)
            case 4: bytes.remove(at: at)
            case 5: bytes.removeLast(min(bytes.count, Int.random(in: 1...4, using: &generator)))
            case 6: bytes += [UInt8](repeating: 0, count: Int.random(in: 1...3, using: &generator))
            default: lengthen(&bytes, at)
            }
        }
        return bytes
    }

    /// Gives the first plausible length at or after `at` one more leading octet.
    private func lengthen(_ bytes: inout [UInt8], _ at: Int) {
        guard let header = bytes[at...].firstIndex(where: { $0 == 0x30 || $0 == 0x31 }),
            header + 1 < bytes.count
        else { return }
        let length = bytes[header + 1]
        if length < 0x80 {
            bytes.replaceSubrange(header + 1...header + 1, with: [0x81, length])
        } else {
            bytes[header + 1] &+= 1
            bytes.insert(0, at: header + 2)
        }
    }

    /// Where OpenSSL is laxer than DER, RFC 2986 and RFC 5280 demand, or takes keys and hashes that we refuse.
    private static let stricter: Set<String> = [
        // Signatures: SHA-1 and MD5; parameters that are not NULL.
        "expected a SHA-# signature", "expected signature algorithm parameters",
        // DER: lengths, and booleans, bit strings and identifiers in one form only.
        "expected the shortest length form", "cA is neither # nor ff", "cA is not one octet",
        "critical is neither # nor ff", "critical is not one octet",
        "key purpose is a malformed OBJECT IDENTIFIER",
        "extension type is a malformed OBJECT IDENTIFIER",
        "key usage has an impossible number of unused bits",
        "key usage has no unused-bits octet", "key usage has unused bits that are not zero",
        "key usage is empty or ends in zero bits",
        // RFC 2986: version 0, attributes present.
        "expected version #", "expected version in #…#", "expected a request of version #",
        "expected subject",
        // Names: string types and their alphabets, DER order.
        "attribute value is not a character string of a name",
        "attributes of a relative distinguished name are not in DER order",
        "expected relative distinguished name",
        // Keys: no compressed points.
        "expected an uncompressed point of # octets",
        // OpenSSL opens attributes and extensions only when it is asked for them.
        "expected # octets of contents", "expected a length of at most # octets", "expected an element",
        "expected attribute values", "expected extensions", "expected extension", "expected extension type",
        "expected extension value", "expected the end of extension", "expected key usage",
        "expected key purpose",
        "expected basic constraints", "expected path length", "expected subject key identifier",
        "expected general names", "general name is not ASCII text", "unknown kind of general name",
    ]

    /// The information of a request with another key, damaged and signed by that key: whatever is wrong with it,
    /// its signature is right, so that the readers alone decide.
    private func resigned(_ sample: [UInt8], _ key: PrivateKey, _ generator: inout SplitMix64) throws
        -> [UInt8]?
    {
        guard let request = try? CertificationRequest(der: sample) else { return nil }
        var reader = DERReader(sample, in: request.informationRange)
        var information = try reader.enter(.sequence, "information")
        _ = try information.next()
        _ = try information.next()
        _ = try information.next()
        var writer = DERWriter()
        writer.sequence { writer in
            writer.unsignedInteger([0])
            writer.raw(request.subject.der)
            writer.raw(key.publicKey.spki)
            writer.raw(sample[information.position..<information.end])
        }
        let damaged = mutate(writer.bytes, &generator)
        let signature = try key.sign(damaged, algorithm: .ecdsa(.sha256))
        var whole = DERWriter()
        whole.sequence { whole in
            whole.raw(damaged)
            whole.raw(octets("300a06082a8648ce3d040302"))
            whole.bitString(signature)
        }
        return whole.bytes
    }

    /// A reason without what it found and without numbers.
    private static func kind(of reason: String) -> String {
        let expected = reason.split(separator: #/, found/#)[0]
        return String(expected.replacing(#/[0-9]+/#, with: "#"))
    }

    @Test(arguments: [false, true])
    func neverLaxer(resigning: Bool) throws {
        let verifier = try RequestVerifier()
        let key = try PrivateKey.p256(scalar: [UInt8](repeating: 7, count: 32))
        var generator = SplitMix64(seed: resigning ? 5 : 4)
        let samples = try samples()
        var both = 0
        var refused: [String: Int] = [:]
        var laxer: [[UInt8]] = []
        for index in 0..<50_000 {
            let sample = samples[index % samples.count]
            var bytes = index < samples.count ? sample : mutate(sample, &generator)
            if resigning {
                guard let signed = try resigned(sample, key, &generator) else { continue }
                bytes = signed
            }
            var reason: String?
            do throws(DERError) {
                let request = try CertificationRequest(der: bytes)
                if case .failure(let failure) = request.verify(with: verifier) { reason = failure.message }
            } catch {
                reason = error.reason
            }
            let peer = Peer.request(bytes)
            switch (reason, peer.verifies) {
            case (nil, true): both += 1
            case (nil, false): laxer.append(bytes)
            case (let reason?, true): refused[Self.kind(of: reason), default: 0] += 1
            case (.some, false): break
            }
        }
        let unexpected = Set(refused.keys).subtracting(Self.stricter).filter {
            // With the attribute's name and the character.
            !$0.hasPrefix("attribute value does not fit its string type: ")
        }
        let alone = refused.values.reduce(0, +)
        print("requests, signed anew \(resigning): \(both) accepted by both, \(alone) by OpenSSL alone")
        for (reason, count) in refused.sorted(by: { $0.value > $1.value }) { print("  \(count) \(reason)") }
        #expect(laxer.isEmpty, "first of \(laxer.count): \(laxer.first.map { hexadecimal($0) } ?? "")")
        #expect(unexpected.sorted() == [])
        #expect(both >= 8)
    }
}
