import PKIX
import TestSupport
import Testing

/// What is said of a BEGIN line that is none.
@Suite struct PEMDamageTests {
    @Test(arguments: [
        ("    -----BEGIN CERTIFICATE-----", "the lines of the block are indented"),
        ("\t-----BEGIN CERTIFICATE-----", "the lines of the block are indented"),
        ("—–BEGIN CERTIFICATE—–", "its dashes are not five hyphens"),
        ("----BEGIN CERTIFICATE-----", "its dashes are not five hyphens"),
        ("------BEGIN CERTIFICATE-----", "its dashes are not five hyphens"),
        ("\"-----BEGIN CERTIFICATE-----\"", "it stands in quotation marks"),
        ("-----BEGIN CERTIFICATE----- MIIB", "spaces stand where line feeds belong"),
        ("-----BEGIN CERTIFICATE-----MIIB", "the line feeds of the block were lost"),
        (
            "-----BEGIN CERTIFICATE-----\\nMIIB",
            "the two characters \\n stand where line feeds belong (printf %b writes line feeds for them)"
        ),
        (
            "-----BEGIN CERTIFICATE-----\\r\\nMIIB",
            "the two characters \\n stand where line feeds belong (printf %b writes line feeds for them)"
        ),
        (
            "{\"pem\": \"-----BEGIN CERTIFICATE-----\\nMIIB\"}",
            "it stands in JSON; give the text of its member alone (jq -r)"
        ),
    ])
    func namesTheCause(_ line: String, _ cause: String) {
        #expect(PEMDamage.cause(in: Array(line.utf8)[...]) == cause)
    }

    @Test(arguments: [
        ("-----BEGIN CERTIFICATE-----", true), ("  -----END CERTIFICATE REQUEST-----", true),
        ("—–BEGIN EC PRIVATE KEY—–", true), ("> -----BEGIN X509 CRL-----", true),
        // Words in capitals beside blocks are a comment.
        ("- BEGIN OF THE CHAIN", false), ("BEGIN CERTIFICATE", false), ("  END OF KEYS", false), ("", false),
        ("-----", false), ("-----BEGIN CERTIFICATE----- MIIB", false), ("MIIBCjCBrwIBADAv", false),
    ])
    func armourIsALabelAmidDashes(_ line: String, _ expected: Bool) {
        #expect(PEMDamage.isArmour(Array(line.utf8)[...]) == expected)
    }

    /// Whatever the octets: no trap, and every BEGIN line is armour.
    @Test func anyOctetsHaveAnAnswer() {
        var random = SplitMix64(seed: 20)
        let pieces = [
            "-----", "—", "BEGIN ", "END ", "CERTIFICATE", "KEY", " ", "\\n", "{\"", ":", "\u{0}", "é", "B",
        ]
        for _ in 0..<20_000 {
            var line: [UInt8] = []
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                line += Array((pieces.randomElement(using: &random) ?? "").utf8)
                if Bool.random(using: &random) { line.append(UInt8.random(in: 0...255, using: &random)) }
            }
            _ = PEMDamage.cause(in: line[...])
            #expect(!PEMDamage.isBegin(line[...]) || PEMDamage.isArmour(line[...]))
        }
    }
}
