import Foundation
import OpenSSL
import PKIX
import TestSupport
import Testing

/// The program judges case by case; commands judge files in blocks. Both say the same of every case.
@Suite struct BlockVerificationTests {
    private struct Case: Decodable {
        struct Inputs: Decodable {
            let key_pem: String
            let msg_hex: String
            let sig_hex: String
        }
        let case_id: String
        let inputs: Inputs
        let expected: String
    }

    @Test(.needsVectors)
    func wycheproofInBlocks() throws {
        let file = try #require(TestPaths.vectors).appendingPathComponent(
            "wycheproof-ecdsa-p256-p1363/cases.json")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        #expect(cases.count == 262)
        let verifier = try P256Verifier()
        var accepted = 0
        for start in stride(from: 0, to: cases.count, by: 100) {
            let part = cases[start..<min(start + 100, cases.count)]
            let claims = try part.map { one in
                let key = try PEMDocument(Array(one.inputs.key_pem.utf8)).single("PUBLIC KEY")
                return P256Claim(
                    signature: try bytes(one.inputs.sig_hex)[...],
                    digest: Digest.sha256(try bytes(one.inputs.msg_hex)),
                    key: try #require(P256PublicKey(spki: key[...])))
            }
            for (one, isValid) in zip(part, verifier.verify(claims)) {
                #expect(isValid == (one.expected == "accept"), "\(one.case_id)")
                if isValid { accepted += 1 }
            }
        }
        #expect(accepted == 173)
    }

    private func bytes(_ hex: String) throws -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        try #require(digits.count == hex.count && digits.count % 2 == 0)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
