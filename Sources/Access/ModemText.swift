import DeviceIdentity
import Diagnostics
import PKIX

/// The text of a credential as a modem takes it: PEM with LF, one at the end, nothing beside the blocks, not too long.
enum ModemText {
    /// The longest AT command line with its NUL, octets.
    private static let longestLine = 2_048
    private static let keyLabels: Set = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"]

    /// - Parameter isStored: whether the modem has exactly these octets, so that it takes them.
    static func findings(in credential: ExpectedCredential, isStored: Bool) -> [AccessFinding] {
        var findings: [AccessFinding] = []
        func find(_ severity: AccessFinding.Severity, _ code: ErrorCode, _ message: String) {
            findings.append(AccessFinding(severity, code, .modem, file: credential.file, message))
        }
        let text = credential.text
        // The rule of the modem is broken by nothing that it has already.
        let grave: AccessFinding.Severity = isStored ? .note : .error
        if text.starts(with: [0x30, 0x82]) || text.starts(with: [0x30, 0x81]) {
            find(.error, .pem, "expected PEM, found DER: a modem stores text")
            return findings
        }
        if text.contains(0x0d) {
            find(
                grave, .pem,
                "expected LF line ends, found CR: modems answer CME 527 (invalid content) to them")
        }
        let ends = text.reversed().prefix { $0 == 0x0a || $0 == 0x0d }.count { $0 == 0x0a }
        if ends == 0 {
            find(
                grave, .pem,
                "expected a line end at the end, found none: modems answer CME 527 (invalid content)"
            )
        } else if ends > 1 {
            find(.warning, .pem, "expected one line end at the end, found \(ends)")
        }
        if text.contains(UInt8(ascii: "\"")) {
            find(.error, .pem, "expected no quotation mark, which ends the AT command's text, found one")
        }
        let line = "AT%CMNG=0,4294967295,0,\"\"".utf8.count + text.count + 1
        if line > longestLine {
            find(
                .warning, .commandLimit,
                "expected an AT command line of at most \(longestLine) octets, found \(line): no provisioning command "
                    + "carries it")
        }
        guard let document = try? PEMDocument(text) else { return findings }
        if document.hasTextOutside || text.starts(with: [0xef, 0xbb, 0xbf]) {
            find(.warning, .pem, "expected PEM blocks only, found other text beside them")
        }
        findBlocks(document, credential.kind, find)
        return findings
    }

    private static func findBlocks(
        _ document: PEMDocument, _ kind: CredentialKind,
        _ find: (AccessFinding.Severity, ErrorCode, String) -> Void
    ) {
        let labels = document.entries.map(\.label)
        switch kind {
        case .privateKey:
            if labels.contains("ENCRYPTED PRIVATE KEY") {
                find(
                    .warning, .passphrase, "the private key is encrypted: %CMNG wants the password with it")
            } else if labels.count != 1 || !labels.allSatisfy(keyLabels.contains) {
                find(.error, .pem, "expected one private key alone, found \(labels.count) PEM blocks")
            }
        case .clientCertificate:
            if labels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) {
                find(.error, .pem, "expected certificates only, found a private key beside them")
            } else if labels.count > 1 {
                find(
                    .warning, .chain,
                    "expected the device's certificate alone, found \(labels.count): a provisioning command carries one"
                )
            }
        default:
            if labels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) {
                find(.error, .pem, "expected certificates only, found a private key beside them")
            }
        }
    }
}
