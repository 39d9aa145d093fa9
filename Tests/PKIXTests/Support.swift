import Foundation
import PKIX
import TestSupport

/// Octets from hexadecimal; spaces are skipped.
func octets(_ hex: String) -> [UInt8] {
    var result: [UInt8] = []
    var high: UInt8?
    for character in hex {
        guard let digit = character.hexDigitValue else { continue }
        if let first = high {
            result.append(first << 4 | UInt8(digit))
            high = nil
        } else {
            high = UInt8(digit)
        }
    }
    return result
}

/// The published conformance suites, where they are at hand.
enum Vectors {
    struct Case: Decodable {
        struct Inputs: Decodable {
            struct Name: Decodable {
                let kind: String
                let value: String
            }
            let csr_pem: String?
            let cert_pem: String?
            let trust: [String]?
            let intermediates: [String]?
            let leaf: String?
            let time: String?
            let purpose: String?
            let name: Name?
            let max_depth: Int?
        }
        struct Output: Decodable { let public_key_pem: String? }
        let case_id: String
        let operation: String
        let inputs: Inputs
        let expected: String
        let level: String
        let requires: [String]
        let output: Output?
    }

    /// The cases of a suite, nil (said aloud) if the suites are not at hand.
    static func suite(_ name: String) throws -> [Case]? {
        guard let folder = TestPaths.vectors else {
            Skip.note("PKIXTests, suite \(name)", TestPaths.noVectors)
            return nil
        }
        return try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: folder.appending(path: "\(name)/cases.json")))
    }

    /// The DER of the CSRs that modems made.
    static func modemRequests() throws -> [[UInt8]] {
        struct File: Decodable {
            struct Sample: Decodable {
                let kind: String
                let first_part_hex: String?
            }
            let samples: [Sample]
        }
        guard let folder = TestPaths.vectors else {
            Skip.note("PKIXTests, requests of modems", TestPaths.noVectors)
            return []
        }
        let file = try JSONDecoder().decode(
            File.self, from: Data(contentsOf: folder.appending(path: "nordic-samples.json")))
        return file.samples.filter { $0.kind == "keygen-csr" }.compactMap { $0.first_part_hex.map(octets) }
    }
}
