import PKIX
import TestSupport
import Testing

/// Nothing that is read traps, whatever the bytes are; a trap would end the test process.
@Suite struct RobustnessTests {
    @Test func textOfAnyKind() throws {
        var generator = SplitMix64(seed: 7)
        let pem = PEMWriter.encode(label: "CERTIFICATE REQUEST", der: [UInt8](repeating: 0x5A, count: 100))
        let alphabet = Array("-----BEGIN X-----END \r\n\t=+/AZaz09,\\#\"CNDO. é\u{0}".utf8)
        var blocks = 0
        var names = 0
        for _ in 0..<5_000 {
            var text = Bool.random(using: &generator) ? pem : []
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let at = Int.random(in: 0...text.count, using: &generator)
                let octet = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                if at < text.count, Bool.random(using: &generator) {
                    text[at] = octet
                } else {
                    text.insert(octet, at: at)
                }
            }
            if let document = try? PEMDocument(text, limit: 300) { blocks += document.entries.count }
            var scanner = PEMScanner(limit: 50)
            var steps = 0
            while steps < 1000 {
                if case .end = scanner.next(in: text, isLast: true) { break }
                steps += 1
            }
            #expect(steps <= text.count)
            let tail = String(decoding: text.suffix(12), as: UTF8.self)
            if let name = try? DistinguishedName(text: "CN=" + tail) {
                names += 1
                #expect(try DistinguishedName(text: name.description) == name)
            }
        }
        #expect(blocks > 25 && names > 250)
    }

    @Test func octetsOfAnyKind() {
        var generator = SplitMix64(seed: 8)
        let tags: [UInt8] = [
            0x30, 0x31, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x17, 0x18, 0xA0, 0xA3, 0x01,
        ]
        for _ in 0..<10_000 {
            var bytes: [UInt8] = []
            while bytes.count < 60 {
                bytes.append(tags[Int.random(in: 0..<tags.count, using: &generator)])
                bytes.append(UInt8.random(in: 0...40, using: &generator))
                if Bool.random(using: &generator) {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                }
            }
            bytes[1] = UInt8(bytes.count - 2)
            #expect(throws: DERError.self) { try CertificationRequest(der: bytes) }
            #expect(throws: DERError.self) { try ParsedCertificate(der: bytes) }
            _ = try? DistinguishedName(der: bytes).description
            _ = try? SubjectPublicKeyInfo(der: bytes).acceptedKind()
        }
    }
}
