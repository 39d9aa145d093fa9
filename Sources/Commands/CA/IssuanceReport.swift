import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX
import Store

/// The certificate of a result: signed a moment ago, or found in the ledger.
struct CertificateSummary: Sendable {
    let der: [UInt8]
    /// SHA-256 of the DER.
    let fingerprint: [UInt8]
    let serial: CertificateSerial
    let subject: DistinguishedName
    let validity: ValidityPeriod

    init(_ issued: IssuedCertificate, fingerprint: [UInt8]) {
        der = issued.der
        self.fingerprint = fingerprint
        serial = issued.serial
        subject = issued.subject
        validity = issued.validity
    }

    /// A certificate that the ledger kept.
    init(der: [UInt8]) throws(ToolError) {
        do {
            let parsed = try ParsedCertificate(der: der)
            self.der = der
            fingerprint = Digest.sha256(der)
            serial = parsed.serial
            subject = parsed.subject
            validity = parsed.validity
        } catch {
            throw ToolError(.der, "a certificate of the ledger: \(error.description)")
        }
    }
}

/// The result for one request, `assay.issuance/1`.
struct IssuanceReport: Sendable {
    enum Status: String {
        case issued, existing, rejected
    }

    let location: InputLocation
    var deviceUUID: DeviceUUID?
    /// The device's word for the key.
    var attestation: AttestationEvidence?
    var certificate: CertificateSummary?
    /// Whether the certificate was there before this run.
    var existed = false
    /// SHA-256 of the request, where one could be read.
    var requestSHA256: [UInt8]?
    var failures: [CheckFailure] = []
    /// Whether the input could not be read as a request at all.
    var isMalformed = false
    /// Why the source could not be read, where that is what happened.
    var unreadable: ToolError?

    var status: Status {
        guard certificate != nil, failures.isEmpty else { return .rejected }
        return existed ? .existing : .issued
    }

    init(location: InputLocation, failures: [CheckFailure] = []) {
        self.location = location
        self.failures = failures
    }

    /// A request that has its certificate in the ledger.
    init(location: InputLocation, existing record: IssuanceRecord) throws(ToolError) {
        self.location = location
        deviceUUID = record.device
        attestation = record.attestation
        requestSHA256 = record.request
        existed = true
        if let der = record.certificate { certificate = try CertificateSummary(der: der) }
    }

    /// A request that passed and has its certificate in the ledger.
    init(_ candidate: IssuanceCandidate, existing record: IssuanceRecord) throws(ToolError) {
        self.init(candidate)
        existed = true
        if let der = record.certificate { certificate = try CertificateSummary(der: der) }
    }

    /// A request that passed; its certificate is still to come.
    init(_ candidate: IssuanceCandidate) {
        location = candidate.location
        deviceUUID = candidate.intent.device
        attestation = candidate.intent.attestation
        requestSHA256 = candidate.intent.request
    }

    /// - Parameter chain: PEM that follows the certificate's.
    func write(json writer: inout JSONWriter, chain: [UInt8]) {
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.issuance/1")
        writer.input(location)
        writer.key("status")
        writer.string(status.rawValue)
        if let device = deviceUUID {
            writer.key("deviceUuid")
            writer.string(device.description)
        }
        let certificate = status == .rejected ? nil : certificate
        if let certificate { Self.write(certificate, &writer) }
        if let requestSHA256 {
            writer.key("csrSha256")
            writer.hex(requestSHA256)
        }
        if let attestation {
            writer.key("attestation")
            writer.beginObject()
            writer.key("verdict")
            writer.string(ascii: "verified")
            writer.key("profile")
            writer.string(attestation.profile.rawValue)
            writer.key("kid")
            writer.hex(attestation.keyID)
            writer.endObject()
        }
        if let certificate {
            writer.key("certificatePem")
            writer.string(asciiBytes: PEMWriter.encode(label: "CERTIFICATE", der: certificate.der) + chain)
        }
        writer.key("failures")
        writer.failures(failures)
        writer.endObject()
        writer.newline()
    }

    private static func write(_ certificate: CertificateSummary, _ writer: inout JSONWriter) {
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
        if let unreadable { return unreadable }
        guard let first = failures.first else { return nil }
        let text = failures.map { "\($0.code.rawValue): \($0.message)" }.joined(separator: "; ")
        return ToolError(
            first.code, text.escapedForTerminal,
            context: [.init("file", "\(location.source.escapedForTerminal):\(location.line)")])
    }

    /// The name of the certificate's file: from values of fixed shape alone, never from text of the request.
    var fileName: String? {
        certificate.map { (deviceUUID?.description ?? $0.serial.description) + ".crt" }
    }
}
