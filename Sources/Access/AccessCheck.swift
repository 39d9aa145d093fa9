import Diagnostics
public import DeviceIdentity
public import OpenSSL
public import PKIX

/// All that is checked before a device connects: what its modem has, in what form, and what the other end will ask.
public struct AccessCheck: Sendable {
    /// What is known of a device.
    public struct Question: Sendable {
        public let use: AccessUse
        public let secTag: SecTag
        /// What the modem listed; nil where nobody asked it.
        public var listing: CredentialListing?
        public var files: [ExpectedCredential] = []
        /// The certificates of the root CA's file.
        public var roots: (file: String, certificates: [X509Certificate])?
        /// What the device shows.
        public var credentials: ConnectionCheck.Credentials?
        /// Trusts what the broker trusts.
        public var verifier: CertificateChainVerifier?
        /// The CAs that it trusts.
        public var trusted: [X509Certificate] = []
        /// Whether it was asked what the other end says, be there a certificate to show or not.
        public var isOfConnection = false

        public init(use: AccessUse, secTag: SecTag) {
            self.use = use
            self.secTag = secTag
        }
    }

    /// The answers for the files; empty where there is no listing.
    public let answers: [ListingComparison.Answer]
    /// Those of the listing, then those of each file, then those of the connection.
    public let findings: [AccessFinding]

    /// Whether nothing speaks against connecting.
    public var isAccepted: Bool { !findings.contains { $0.severity == .error } }

    /// - Parameter time: Seconds since 1970.
    public init(_ question: Question, at time: Int64) {
        let needed = AccessPlan.of(.device, question.use)?.modemKinds ?? []
        let comparison = question.listing.map {
            ListingComparison($0, question.files, secTag: question.secTag, needed: needed)
        }
        var findings = comparison?.findings ?? []
        for (place, file) in question.files.enumerated() {
            // The answers are in the order of the files.
            let answer = comparison.flatMap { $0.answers.dropFirst(place).first }
            findings += ModemText.findings(in: file, isStored: answer?.form == .exact)
        }
        if let roots = question.roots {
            findings += RootCertificateCheck.findings(in: roots.certificates, file: roots.file, at: time)
        }
        answers = comparison?.answers ?? []
        if let credentials = question.credentials {
            // What is not in the modem is not shown.
            let isCut = answers.contains { $0.kind == .clientCertificate && $0.form == .first }
            findings +=
                ConnectionCheck(
                    isCut ? credentials.firstAlone : credentials, verifier: question.verifier,
                    trusted: question.trusted, at: time
                ).findings
        } else if question.isOfConnection, needed.contains(.clientCertificate) {
            findings.append(
                AccessFinding(
                    .error, .chain, .broker, file: nil,
                    "expected the device's certificate, which the broker asks for, found none among the files"
                ))
        }
        self.findings = findings
    }
}
