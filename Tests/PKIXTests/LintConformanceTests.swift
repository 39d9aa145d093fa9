import OpenSSL
import PKIX
import Testing

/// Certificates that others made to be wrong in one way each.
@Suite struct LintConformanceTests {
    /// The errors in the certificates of the RFC 5280 cases of x509-limbo, by case and place in the chain. What is
    /// wrong in the other cases is for whoever verifies a chain: names, purposes and constraints along it.
    private static let expected: [String: [String]] = [
        "rfc5280::aki::leaf-missing-aki leaf": ["authority-key-identifier-missing"],
        "rfc5280::aki::cross-signed-root-missing-aki root": ["authority-key-identifier-missing"],
        "rfc5280::nc::not-allowed-in-ee-noncritical leaf": ["name-constraints"],
        "rfc5280::nc::not-allowed-in-ee-critical leaf": ["name-constraints"],
        "rfc5280::serial::too-long leaf": ["serial-number"],
        "rfc5280::serial::negative leaf": ["serial-number"],
        "rfc5280::serial::negative root": ["serial-number"],
        "rfc5280::ski::root-missing-ski root": ["subject-key-identifier-missing"],
        "rfc5280::ski::intermediate-missing-ski intermediate": ["subject-key-identifier-missing"],
        "rfc5280::ee-empty-issuer root": ["issuer-empty", "authority-key-identifier-missing"],
        "rfc5280::ca-empty-subject leaf": ["issuer-empty"],
        "rfc5280::ca-empty-subject root": ["subject-empty", "authority-key-identifier-missing"],
        "rfc5280::intermediate-ca-without-ca-bit intermediate": ["key-usage-not-for-certificates"],
        "rfc5280::root-missing-basic-constraints root": ["key-usage-not-for-certificates"],
        "rfc5280::root-non-critical-basic-constraints root": ["basic-constraints-not-critical"],
        "rfc5280::mismatching-signature-algorithm leaf": ["signature-algorithm-mismatch"],
    ]

    @Test func limbo() throws {
        guard let cases = try Vectors.suite("x509-limbo") else { return }
        var found: [String: [String]] = [:]
        for test in cases where test.case_id.hasPrefix("rfc5280::") {
            let places =
                [("leaf", test.inputs.leaf)] + (test.inputs.intermediates ?? []).map { ("intermediate", $0) }
                + (test.inputs.trust ?? []).map { ("root", $0) }
            for (place, pem) in places {
                guard let pem else { continue }
                let der = try PEMDocument(Array(pem.utf8)).single("CERTIFICATE")
                let codes = CertificateRules.findings(in: try CertificateReading(certificate: der))
                    .filter { $0.severity == .error }.map(\.rule.code)
                if !codes.isEmpty { found["\(test.case_id) \(place)"] = codes }
            }
        }
        #expect(found == Self.expected)
    }
}
