import Diagnostics
import Testing

/// What is withheld where a path or a word belongs, and what is not.
@Suite struct CredentialShapeTests {
    private static let attestation =
        "2dn3hQFQUDYxVDkxRPCAIhIbZAFifQNQERERERERERERERERERERERFQAAECAwQFBgcICQoLDA0ODw."
        + "0oRDoQEmoQRBIfZYQAABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PAAECAwQFBgcICQoLDA0ODwABAgMEBQYH"

    @Test(arguments: [
        attestation, String(attestation.prefix(60)), attestation + "=", attestation.replacing("_", with: "/"),
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJucmY5MTYwIn0.AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkK/CwwNDg8",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAECAwQFBgcICQ",
        "-----BEGIN PRIVATE KEY-----\nAAECAwQFBgcICQoLDA0ODw==",
        "-----BEGIN RSA PRIVATE KEY-----\\nAAECAwQFBgcICQoLDA0ODw==",
        "%ATTESTTOKEN: \"\(attestation)\"", "unexpected argument '\(attestation)'",
        "dGhpcyBpcyBhIHNlY3JldCB0aGF0IG5v.Ym9keSBzaG91bGQgcmVhZCBpbiBhIGxvZw",
    ])
    func isFound(text: String) { #expect(CredentialShape.isIn(text)) }

    @Test(arguments: [
        "", "tokens.csv", "/srv/line-7/2026-11-29/attestation_tokens_of_batch_17.csv",
        "/home/operator/Projects/FirmwareBuild_2026-11-29_Release_Candidate_nRF9160_v1.2.3/attestation.tokens.txt",
        "50363154-3931-44f0-8022-121b6401627d",
        "13f696a2198b96d7a79f8a2ce301d5d007abfd40652e0fe2a9e38f78f248e383",
        "expected -----BEGIN PRIVATE KEY-----, or ENCRYPTED, EC or RSA PRIVATE KEY",
        "1.3.6.1.4.1.311.21.8.1234567.7654321.1234567.7654321.1234567.7654321",
        "no such file or directory, expected a file, found nothing at all in the folder of the certificate authority",
        "device.example-company-with-a-long-name.provisioning.internal.example.com",
    ])
    func isLetPass(text: String) { #expect(CredentialShape.ranges(in: Array(text.utf8)) == []) }

    /// Every token at every place of a text is found, and with it all of it.
    @Test func nothingOfItIsLeft() {
        for before in ["", "'", "at: ", "a b ", "key="] {
            for after in ["", "'", ", expected a file", "\n"] {
                let text = Array((before + Self.attestation + after).utf8)
                let token = Array(Self.attestation.utf8)
                let ranges = CredentialShape.ranges(in: text)
                let covers = ranges.contains {
                    $0.lowerBound <= before.utf8.count
                        && $0.upperBound >= before.utf8.count + token.count
                }
                #expect(covers, "\(before)…\(after)")
            }
        }
    }
}
