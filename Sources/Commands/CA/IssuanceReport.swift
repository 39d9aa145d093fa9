import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX
import Store

/// The certificate of a result: signed a moment ago, or found in the ledger. What is said of it is what the ledger says,
/// which `ca audit` compares with the certificate.
struct CertificateSummary: Sendable {
    let der: [UInt8]
    /// SHA-256 of the DER.
    let fingerprint: [UInt8]
    let serial: [UInt8]
    let subject: String
    /// Seconds since 1970.
    let notBefore: Int64
    let notAfter: Int64

    /// - Parameter intent: the one that led to the certificate.
    init(_ intent: IssuanceIntent, der: [UInt8], fingerprint: [UInt8]) {
        self.der = der
        self.fingerprint = fingerprint
        serial = intent.serial
        subject = intent.subject
        notBefore = intent.notBefore
        notAfter = intent.notAfter
    }

    /// A certificate that the ledger kept; `nil` for an intent without one.
    init?(_ record: IssuanceRecord) {
        guard let der = record.certificate, let fingerprint = record.fingerprint else { return nil }
        self.der = der
        self.fingerprint = fingerprint
        serial = record.serial
        subject = record.subject
        notBefore = record.notBefore
        notAfter = record.notAfter
    }
}

/// The result for one request, `assay.issuance/1`.
struct IssuanceReport: Sendable {
    enum Status: String {
        case issued, existing, rejected
        /// Of a dry run: a certificate would be issued.
        case wouldIssue
        /// Of a dry run: the same request is ahead of this one in the run, and would have its certificate by then.
        case wouldExist
    }

    let location: InputLocation
    /// The device that vouched for the key, or that a request without a token has as its common name.
    var deviceUUID: DeviceUUID?
    /// The device of a token that nobody verified: an address at best.
    var claimedDeviceUUID: DeviceUUID?
    /// The device's word for the key.
    var attestation: AttestationEvidence?
    var certificate: CertificateSummary?
    /// Instead of it, in a dry run, the one that would be issued.
    var planned: PlannedCertificate?
    /// Whether the certificate was there before this run.
    var existed = false
    /// SHA-256 of the request, where one could be read.
    var requestSHA256: [UInt8]?
    /// What the request asked for and did not get, and in what an existing certificate differs from what was asked now.
    var notes: [String] = []
    var failures: [CheckFailure] = []
    /// Whether the input could not be read as a request at all.
    var isMalformed = false
    /// Why the source could not be read, where that is what happened.
    var unreadable: ToolError?

    var status: Status {
        guard failures.isEmpty else { return .rejected }
        if let planned { return planned.isEarlier ? .wouldExist : .wouldIssue }
        guard certificate != nil else { return .rejected }
        return existed ? .existing : .issued
    }

    init(location: InputLocation, failures: [CheckFailure] = []) {
        self.location = location
        self.failures = failures
    }

    /// A request that has its certificate in the ledger.
    init(location: InputLocation, existing record: IssuanceRecord) {
        self.location = location
        deviceUUID = record.device
        attestation = record.attestation
        requestSHA256 = record.request
        existed = true
        certificate = CertificateSummary(record)
    }

    /// A request that passed and has its certificate in the ledger.
    init(_ candidate: IssuanceCandidate, existing record: IssuanceRecord, under plan: IssuancePlan) {
        self.init(candidate)
        existed = true
        certificate = CertificateSummary(record)
        // What was verified then is on record, whatever came with the request now.
        if record.attestation != nil, let device = record.device {
            deviceUUID = device
            claimedDeviceUUID = nil
        }
        notes += plan.differences(
            from: record, subject: candidate.intent.subject,
            isAttested: candidate.intent.attestation != nil)
    }

    /// A request that passed by itself, and to which the ledger said no.
    init(_ candidate: IssuanceCandidate, rejected failure: CheckFailure) {
        self.init(candidate)
        failures = [failure]
        // A name that is another's says nothing of this request.
        let isOthers = failure.code == .notAttested || failure.code == .nameTaken
        if isOthers, candidate.intent.attestation == nil { deviceUUID = nil }
    }

    /// A request of which the ledger forgot to speak.
    static func unanswered(_ candidate: IssuanceCandidate) -> IssuanceReport {
        var report = IssuanceReport(candidate)
        report.failures = [.init(.internalFault, "the ledger gave no answer")]
        return report
    }

    /// A request that passed; its certificate is still to come.
    init(_ candidate: IssuanceCandidate) {
        self.init(candidate.location, candidate.intent, candidate.remarks)
    }

    /// A request that passed; its certificate is still to come.
    init(_ location: InputLocation, _ intent: IssuanceIntent, _ remarks: IssuanceRemarks?) {
        self.location = location
        claimedDeviceUUID = remarks?.claimedDevice
        notes = remarks?.notes ?? []
        if claimedDeviceUUID == nil { deviceUUID = intent.device }
        attestation = intent.attestation
        requestSHA256 = intent.request
    }

    /// - Parameters:
    ///   - chain: PEM that follows the certificate's.
    ///   - times: of the report before: the certificates of a run have one validity.
    func write(json writer: inout JSONWriter, chain: [UInt8], times: inout TimestampPair) {
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.issuance/1")
        writer.input(location)
        writer.key("status")
        writer.string(status.rawValue)
        if let device = deviceUUID {
            writer.key("deviceUuid")
            writer.string(escaped: { device.append(to: &$0) })
        }
        if let device = claimedDeviceUUID {
            writer.key("claimedDeviceUuid")
            writer.string(escaped: { device.append(to: &$0) })
        }
        let certificate = status == .rejected ? nil : certificate
        if let certificate { Self.write(certificate, &writer, &times) }
        if let planned { Self.write(planned, &writer, &times) }
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
            Self.write(pem: certificate.der, chain, &writer)
        }
        writer.key("notes")
        writer.beginArray()
        for note in notes { writer.string(note) }
        writer.endArray()
        writer.key("failures")
        writer.failures(failures)
        writer.endObject()
        writer.newline()
    }

    private static func write(
        _ certificate: CertificateSummary, _ writer: inout JSONWriter, _ times: inout TimestampPair
    ) {
        times.update(certificate.notBefore, certificate.notAfter)
        writer.key("subject")
        writer.string(certificate.subject)
        writer.key("serial")
        writer.hex(certificate.serial)
        writer.key("notBefore")
        writer.string(times.first)
        writer.key("notAfter")
        writer.string(times.second)
        writer.key("fingerprintSha256")
        writer.hex(certificate.fingerprint)
    }

    private static func write(
        _ planned: PlannedCertificate, _ writer: inout JSONWriter, _ times: inout TimestampPair
    ) {
        times.update(planned.notBefore, planned.notAfter)
        writer.key("subject")
        writer.string(planned.subject)
        writer.key("notBefore")
        writer.string(times.first)
        writer.key("notAfter")
        writer.string(times.second)
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
        let text = failures.map { "\($0.code.rawValue): \($0.message)" }.joined(separator: "; ")
        return ToolError(
            first.code, text.escapedForTerminal,
            context: [.init("file", "\(location.source.escapedForTerminal):\(location.line)")])
    }

    /// The name of the certificate's file: from values of fixed shape alone, never from text of the request.
    var fileName: String? {
        certificate.map { (deviceUUID?.description ?? Hex.encode($0.serial)) + ".crt" }
    }
}

/// Two times as text, kept from one certificate to the next.
struct TimestampPair {
    private var seconds: (Int64, Int64)?
    private(set) var first = ""
    private(set) var second = ""

    /// Makes the texts those of these seconds since 1970.
    mutating func update(_ first: Int64, _ second: Int64) {
        if let seconds, seconds == (first, second) { return }
        seconds = (first, second)
        self.first = Timestamp.clamped(first)
        self.second = Timestamp.clamped(second)
    }
}
