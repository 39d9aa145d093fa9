public import Diagnostics

/// What the checks of a batch need to know of one certificate.
public struct CertificateFacts: Sendable, Equatable {
    /// DER SubjectPublicKeyInfo.
    public let subjectPublicKeyInfo: [UInt8]
    /// Seconds since 1970, inclusive.
    public let notBefore: Int64
    /// Seconds since 1970, inclusive.
    public let notAfter: Int64
    /// The subject for people.
    public let subject: String
    /// The common name of the subject, if it has one.
    public let commonName: String?

    public init(
        subjectPublicKeyInfo: [UInt8], notBefore: Int64, notAfter: Int64, subject: String, commonName: String?
    ) {
        self.subjectPublicKeyInfo = subjectPublicKeyInfo
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.subject = subject
        self.commonName = commonName
    }
}

/// Decodes certificates for the checks of a batch, so that these rules need no X.509 library of their own.
public protocol CertificateInspector: Sendable {
    /// The facts of the one certificate in this PEM block; throws when it is no sound certificate.
    func facts(pem: String) throws(ToolError) -> CertificateFacts
}
