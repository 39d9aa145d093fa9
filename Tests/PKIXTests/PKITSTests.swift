import Diagnostics
import Foundation
import OpenSSL
import PKIX
import TestSupport
import Testing

/// The path validation tests of NIST, with the settings that `cert verify` has: any policy, a list for every
/// certificate.
@Suite struct PKITSTests {
    /// Tests whose accepting needs a feature that RFC 5280 lets an implementation leave out and Assay leaves out: they
    /// are refused. `man/assay-formats.5` says which features these are.
    private static let refused: [String: Set<String>] = [
        "dsa": ["4.1.4", "4.1.5"],
        "reasons": ["4.14.18", "4.14.19"],
        "indirect": ["4.14.22", "4.14.24", "4.14.25", "4.14.28", "4.14.29", "4.14.30", "4.14.33"],
        "delta": ["4.15.2", "4.15.5", "4.15.7", "4.15.8"],
    ]

    private struct Case {
        let number: String
        let isAccepted: Bool
        /// The path below the anchor, the end entity last.
        let path: [String]
        let lists: [String]
        let feature: String?

        init?(_ line: Substring) {
            let halves = line.split(separator: " ? ", maxSplits: 1)
            let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
            let words = parts[0].split(separator: " ").map(String.init)
            guard parts.count == 2, words.count >= 3 else { return nil }
            number = words[0]
            isAccepted = words[1] == "+"
            path = Array(words.dropFirst(2))
            lists = parts[1].split(separator: " ").map(String.init)
            feature = halves.count == 2 ? halves[1].trimmingCharacters(in: .whitespaces) : nil
        }
    }

    @Test(.needsVectors) func allVerdicts() throws {
        let folder = try #require(TestPaths.vectors).appending(path: "nist-pkits")
        let table = try String(contentsOf: folder.appending(path: "tests.txt"), encoding: .utf8)
        let cases = table.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap(Case.init)
        #expect(cases.count == 214)
        #expect(cases.filter { !$0.isAccepted && Self.isAboutPolicies($0.number) }.count == 29)
        var wrong: [String: String] = [:]
        var refused: [String: Set<String>] = [:]
        for item in cases {
            let verdict = try verdict(on: item, folder)
            if let feature = item.feature, verdict != nil {
                refused[feature, default: []].insert(item.number)
            } else if (verdict == nil) != item.isAccepted {
                wrong[item.number] = verdict ?? "accepted"
            }
        }
        #expect(wrong == [:])
        #expect(refused == Self.refused)
    }

    private static func isAboutPolicies(_ number: String) -> Bool {
        ["4.8.", "4.9.", "4.10.", "4.11.", "4.12."].contains { number.hasPrefix($0) }
    }

    /// Why a test is refused, nil if it is accepted; first of what is read, then of what is verified.
    private func verdict(on item: Case, _ folder: URL) throws -> String? {
        func bytes(_ path: String) throws -> [UInt8] {
            Array(try Data(contentsOf: folder.appending(path: path)))
        }
        func certificate(_ name: String) throws -> X509Certificate {
            try X509Certificate.read(der: bytes("certs/\(name).crt")).get()
        }
        do {
            let lists = try (["TrustAnchorRootCRL"] + item.lists).map { name in
                try RevocationList(der: try bytes("crls/\(name).crl"))
            }
            let verifier = try CertificateChainVerifier(
                anchors: [certificate("TrustAnchorRootCertificate")], revocationLists: lists)
            _ = try verifier.verify(
                certificate(item.path.last ?? ""), intermediates: item.path.dropLast().map(certificate),
                at: 1_302_825_600, purpose: .any
            ).get()
            return nil
        } catch let error as DERError {
            return error.description
        } catch let failure as CheckFailure {
            return failure.message
        }
    }
}
