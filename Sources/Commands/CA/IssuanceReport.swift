import Attestation
import CertificateAuthority
import CommandLineSupport
import DeviceIdentity
import Diagnostics
import Issuance
import JSON
import Ledger
import OpenSSL
import PKIX
import Store

/// The result for one request, `assay.issuance/1`.
typealias IssuanceReport = IssuanceOutcome

extension IssuanceOutcome {
    /// - Parameter chain: PEM that follows the certificate's.
    func write(json writer: inout JSONWriter, chain: [UInt8]) {
        writer.beginObject()
        writer.member("schema", ascii: "assay.issuance/1")
        writer.input(InputLocation(origin))
        writer.member("status", status.rawValue)
        if let device = deviceUUID {
            writer.key("deviceUuid")
            writer.string(escaped: { device.append(to: &$0) })
        }
        if let device = claimedDeviceUUID {
            writer.key("claimedDeviceUuid")
            writer.string(escaped: { device.append(to: &$0) })
        }
        let certificate = status == .rejected ? nil : certificate
        if let certificate { Self.write(certificate, &writer) }
        if let planned { Self.write(planned, &writer) }
        if let requestSHA256 {
            writer.member("csrSha256", hex: requestSHA256)
        }
        if let attestation {
            writer.key("attestation")
            writer.beginObject()
            writer.member("verdict", ascii: "verified")
            writer.member("profile", attestation.profile.rawValue)
            writer.member("kid", hex: attestation.keyID)
            writer.endObject()
        }
        if let certificate {
            writer.key("certificatePem")
            Self.write(pem: certificate.der, chain, &writer)
        }
        writer.key("notes")
        writer.beginArray()
        for note in notes { writer.string(note.commandLine) }
        writer.endArray()
        writer.endResult(failures)
    }

    private static func write(
        _ certificate: CertificateSummary, _ writer: inout JSONWriter
    ) {
        writer.member("subject", certificate.subject)
        writer.member("serial", hex: certificate.serial)
        writer.member("notBefore", Timestamp.clamped(certificate.notBefore))
        writer.member("notAfter", Timestamp.clamped(certificate.notAfter))
        writer.member("fingerprintSha256", hex: certificate.fingerprint)
    }

    private static func write(
        _ planned: PlannedCertificate, _ writer: inout JSONWriter
    ) {
        writer.member("subject", planned.subject)
        writer.member("notBefore", Timestamp.clamped(planned.notBefore))
        writer.member("notAfter", Timestamp.clamped(planned.notAfter))
    }

    private static func write(pem der: [UInt8], _ chain: [UInt8], _ writer: inout JSONWriter) {
        guard chain.isEmpty else {
            return writer.string(asciiBytes: PEMWriter.encode(label: "CERTIFICATE", der: der) + chain)
        }
        writer.string(escaped: {
            PEMWriter.append(label: "CERTIFICATE", der: der, lineEnd: .escapedLineFeed, to: &$0)
        })
    }

    /// The first failure as an error for people; `nil` when there is none.
    var error: ToolError? {
        if let unreadable { return unreadable }
        guard let first = failures.first else { return nil }
        let text = failures.map { "\($0.code.rawValue): \($0.commandLine)" }.joined(separator: "; ")
        return ToolError(
            first.code, text.escapedForTerminal,
            context: [.init("file", "\(origin.source.escapedForTerminal):\(origin.place)")])
    }

    /// The name of the certificate's file: from values of fixed shape alone, never from text of the request.
    var fileName: String? {
        certificate.map { (deviceUUID?.description ?? Hex.encode($0.serial)) + ".crt" }
    }

    /// One line for people: where, what, and of which certificate.
    var line: [UInt8] {
        var text = "\(origin.source):\(origin.place) \(status.rawValue)"
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

extension IssuanceNote {
    /// The note in the words of the command line.
    var commandLine: String { asksForReissue ? "\(text): --reissue asks for it" : text }
}
