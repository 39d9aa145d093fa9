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
        if let credentials = question.credentials {
            findings += ConnectionCheck(credentials, verifier: question.verifier, at: time).findings
        }
        answers = comparison?.answers ?? []
        self.findings = findings
    }
}
