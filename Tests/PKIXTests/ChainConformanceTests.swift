import Diagnostics
import Foundation
import OpenSSL
import PKIX
import Testing

@Suite struct ChainConformanceTests {
    /// Features that Assay does not have; cases that hang on them are skipped.
    private static let unsupported: Set<String> = []

    /// Cases of level `may` that are decided otherwise, with the reason.
    private static let decidedOtherwise: [String: String] = [
        "pathlen::validation-ignores-pathlen-in-leaf":
            "a CA whose key only signs certificates is no TLS server",
        "rfc5280::ski::root-missing-ski": "a warning: section 6 does not ask for key identifiers",
        "rfc5280::ski::intermediate-missing-ski": "a warning: section 6 does not ask for key identifiers",
        "rfc5280::aki::cross-signed-root-missing-aki":
            "a warning: section 6 does not ask for key identifiers",
        "rfc5280::serial::negative": "a warning: section 4.1.2.2 wants users to be prepared for it",
        "rfc5280::serial::too-long": "a warning: the bound is one for CAs",
        "rfc5280::root-non-critical-basic-constraints": "a warning: what is not critical says the same",
        "target-msapplicationpolicies-and-eku/main": "a critical extension that is not processed",
        "policies-on-root-wrong/ta-with-constraints":
            "the policies of an anchor do not count (section 6.1.1)",
        "policy-mappings-on-root-fail/ta-with-constraints":
            "the policies of an anchor do not count (section 6.1.1)",
        "target-serverauth-various-keyusages/rsa-decipherOnly": "a TLS server's key signs or agrees",
        "expired-root/not-before": "the dates of an anchor count",
        "root-eku-clientauth/serverauth": "the key purposes of an anchor count",
        "root-eku-clientauth/serverauth-ta-with-expiration": "the key purposes of an anchor count",
        "root-lacks-keycertsign-key-usage/main": "the key usage of an anchor counts",
        "intermediate-eku-any-and-clientauth/serverauth": "anyExtendedKeyUsage does not stand for a purpose",
        "target-eku-any/clientauth": "anyExtendedKeyUsage does not stand for a purpose",
        "target-eku-any/serverauth": "anyExtendedKeyUsage does not stand for a purpose",
        "intermediate-eku-server-gated-crypto/sha1-eku-any": "SHA-1 signatures end with 2016",
        "webpki::eku::ee-anyeku": "anyExtendedKeyUsage beside serverAuth does no harm",
        "target-eku-clientauth/clientauth-strict":
            "the same chain as an accept case; a key usage is not demanded",
        "target-eku-many/clientauth-strict": "further key purposes do no harm",
        "target-eku-none/serverauth-strict": "a certificate without key purposes is not restricted",
        "rfc5280::aki::leaf-missing-aki":
            "device certificates of the nRF Cloud utilities have no extensions; the signature decides",
        "webpki::aki::root-with-aki-all-fields": "an anchor's own key identifiers are not judged",
        "webpki::aki::root-with-aki-authoritycertissuer": "an anchor's own key identifiers are not judged",
        "webpki::aki::root-with-aki-authoritycertserialnumber":
            "an anchor's own key identifiers are not judged",
        "webpki::aki::root-with-aki-missing-keyidentifier": "an anchor's own key identifiers are not judged",
        "webpki::aki::root-with-aki-ski-mismatch": "an anchor's own key identifiers are not judged",
        "webpki::san::san-critical-with-nonempty-subject": "RFC 5280 section 4.2.1.6 says should",
    ]

    @Test(arguments: ["x509-limbo", "boringssl-chain"])
    func conformance(suite: String) throws {
        guard let cases = try Vectors.suite(suite) else { return }
        var right = 0
        var skipped = 0
        var wrong: [String: String] = [:]
        for item in cases {
            guard Self.unsupported.isDisjoint(with: item.requires) else {
                skipped += 1
                continue
            }
            let verdict = verdict(on: item.inputs)
            if (verdict == nil) == (item.expected == "accept") {
                right += 1
            } else {
                wrong[item.case_id] = "\(item.level), expected \(item.expected): \(verdict ?? "accepted")"
            }
        }
        print("\(suite): \(right) right, \(skipped) skipped, \(wrong.count) decided otherwise")
        let unexpected = wrong.filter { Self.decidedOtherwise[$0.key] == nil || $0.value.hasPrefix("must") }
        #expect(unexpected == [:])
        #expect(right > 40)
    }

    /// Why the chain is refused, nil if it verifies.
    private func verdict(on inputs: Vectors.Case.Inputs) -> String? {
        do {
            let anchors = try (inputs.trust ?? []).map(certificate)
            let intermediates = try (inputs.intermediates ?? []).map(certificate)
            let leaf = try certificate(inputs.leaf ?? "")
            let time = try Date(inputs.time ?? "", strategy: .iso8601).timeIntervalSince1970
            let purpose: CertificatePurpose =
                switch inputs.purpose {
                case "serverAuth": .server
                case "clientAuth": .client
                default: .any
                }
            let name = inputs.name.map { name -> ExpectedName in
                switch name.kind {
                case "IP": .address(name.value)
                case "RFC822": .mailbox(name.value)
                default: .host(name.value)
                }
            }
            let chain = try CertificateChainVerifier(anchors: anchors).verify(
                leaf, intermediates: intermediates, at: Int64(time), purpose: purpose, name: name,
                maximumDepth: inputs.max_depth ?? CertificateChainVerifier.defaultMaximumDepth
            ).get()
            #expect(chain.leaf == leaf)
            #expect(anchors.contains(chain.anchor))
            return nil
        } catch { return "\(error)" }
    }

    private func certificate(_ pem: String) throws -> X509Certificate {
        try X509Certificate.read(pem: Array(pem.utf8)).get()
    }
}
