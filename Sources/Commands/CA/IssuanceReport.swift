import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX

/// The result for one request, `assay.issuance/1`.
struct IssuanceReport: Sendable {
    enum Status: String {
        case issued, rejected
    }

    let location: InputLocation
    var request: VettedRequest?
    var certificate: IssuedCertificate?
    /// SHA-256 of the request, where one could be read.
    var requestSHA256: [UInt8]?
    var failures: [CheckFailure] = []
    /// Whether the input could not be read as a request at all.
    var isMalformed = false

    var status: Status { certificate != nil && failures.isEmpty ? .issued : .rejected }

    /// - Parameter chain: PEM that follows the certificate's.
    func write(json writer: inout JSONWriter, chain: [UInt8]) {
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.issuance/1")
        writer.input(location)
        writer.key("status")
        writer.string(status.rawValue)
        if let device = request?.deviceUUID {
            writer.key("deviceUuid")
            writer.string(device.description)
        }
        if status == .issued, let certificate { Self.write(certificate, &writer) }
        if let requestSHA256 {
            writer.key("csrSha256")
            writer.hex(requestSHA256)
        }
        if let attestation = request?.attestation {
            writer.key("attestation")
            writer.beginObject()
            writer.key("verdict")
            writer.string(ascii: "verified")
            writer.key("profile")
            writer.string(attestation.profile.rawValue)
            writer.key("kid")
            writer.hex(attestation.key.publicKey.kid)
            writer.endObject()
        }
        if status == .issued, let certificate {
            writer.key("certificatePem")
            writer.string(asciiBytes: PEMWriter.encode(label: "CERTIFICATE", der: certificate.der) + chain)
        }
        writer.key("failures")
        writer.failures(failures)
        writer.endObject()
        writer.newline()
    }

    private static func write(_ certificate: IssuedCertificate, _ writer: inout JSONWriter) {
        writer.key("subject")
        writer.string(certificate.subject.description)
        writer.key("serial")
        writer.string(certificate.serial.description)
        writer.key("notBefore")
        writer.string(Timestamp.text(certificate.validity.notBefore))
        writer.key("notAfter")
        writer.string(Timestamp.text(certificate.validity.notAfter))
        writer.key("fingerprintSha256")
        writer.hex(certificate.fingerprint)
    }

    /// The first failure as an error for people; `nil` when there is none.
    var error: ToolError? {
        guard let first = failures.first else { return nil }
        let text = failures.map { "\($0.code.rawValue): \($0.message)" }.joined(separator: "; ")
        return ToolError(
            first.code, text.escapedForTerminal,
            context: [.init("file", "\(location.source.escapedForTerminal):\(location.line)")])
    }

    /// The name of the certificate's file: from values of fixed shape alone, never from text of the request.
    var fileName: String? {
        certificate.map { (request?.deviceUUID?.description ?? $0.serial.description) + ".crt" }
    }
}
