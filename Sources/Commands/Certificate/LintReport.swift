import Batches
import Diagnostics
import JSON
import OpenSSL
import PKIX

/// The result of `cert lint` for one certificate, `assay.lint/1`.
struct LintReport: Report {
    enum Verdict: String {
        /// No errors; there may be warnings.
        case sound
        case rejected, malformed
    }

    let location: InputLocation
    /// `nil` where the input is none.
    var certificate: CertificateReading?
    /// The profile that it was held against.
    var profile: String?
    var findings: [LintFinding] = []
    /// Why the input is no certificate.
    var failures: [CheckFailure] = []

    var verdict: Verdict {
        if certificate == nil { return .malformed }
        return findings.contains { $0.severity == .error } ? .rejected : .sound
    }

    var outcome: Outcome {
        switch verdict {
        case .sound: .good
        case .rejected: .rejected
        case .malformed where failures.first?.code == .io: .unreadable
        case .malformed: .malformed
        }
    }

    var reason: String? {
        failures.first?.code.rawValue ?? findings.first { $0.severity == .error }?.rule.code
    }

    func write(json writer: inout JSONWriter) {
        writer.beginResult("assay.lint/1", location)
        if let certificate {
            if let subject = certificate.subjectName {
                writer.member("subject", subject.description)
            }
            writer.member("serial", certificate.serialText)
            writer.member("fingerprintSha256", hex: Digest.sha256(certificate.der))
        }
        writer.member("profile", ifPresent: profile)
        writer.member("verdict", verdict.rawValue)
        writer.key("findings")
        writer.beginArray()
        for finding in findings {
            writer.beginObject()
            writer.member("code", finding.rule.code)
            writer.member("severity", finding.severity.rawValue)
            writer.member("reference", finding.rule.reference)
            writer.member("message", finding.message)
            writer.endObject()
        }
        writer.endArray()
        writer.endResult(failures)
    }

    var text: [UInt8] {
        var block = TextBlock(of: location)
        if let certificate {
            if let subject = certificate.subjectName { block.line("subject", subject.description) }
            block.line("serial", certificate.serialText)
        }
        if let profile { block.line("profile", profile) }
        for finding in findings {
            block.line(
                finding.severity.rawValue,
                "\(finding.rule.code): \(finding.message) (\(finding.rule.reference))")
        }
        block.line("verdict", verdict.rawValue)
        return block.ended(by: failures)
    }
}
