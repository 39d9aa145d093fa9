import CertificateAuthority
import DeviceIdentity
import Diagnostics
import PKIX
import Store

/// The certificate that a run would make: what is known of it before it is signed.
struct PlannedCertificate: Sendable {
    let subject: String
    /// Seconds since 1970.
    let notBefore: Int64
    let notAfter: Int64
    /// Whether an earlier request of the same run gets it, and this one then has it already.
    let isEarlier: Bool
}

extension IssuanceReport {
    /// A request that passed, in a dry run.
    ///
    /// - Parameters:
    ///   - intent: the one that the certificate would come of.
    ///   - flaw: why it would not be signed.
    init(_ candidate: IssuanceCandidate, planned intent: IssuanceIntent, isEarlier: Bool, flaw: ToolError?) {
        self.init(candidate)
        if let flaw {
            failures = [.init(flaw.code, flaw.message)]
        } else {
            planned = PlannedCertificate(
                subject: intent.subject, notBefore: intent.notBefore, notAfter: intent.notAfter,
                isEarlier: isEarlier)
        }
    }

    /// One line for people: where, what, and of which certificate.
    var line: [UInt8] {
        var text = "\(location.source):\(location.line) \(status.rawValue)"
        if !failures.isEmpty {
            text += ": " + failures.map(\.code.rawValue).joined(separator: ", ")
        } else if let planned {
            text +=
                ": \(planned.subject), \(Timestamp.clamped(planned.notBefore)) to "
                + Timestamp.clamped(planned.notAfter)
        } else if let certificate {
            text += ": \(certificate.subject), serial \(Hex.encode(certificate.serial))"
        }
        return Array("\(text.escapedForTerminal)\n".utf8)
    }
}
