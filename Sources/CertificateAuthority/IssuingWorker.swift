public import Diagnostics
import Keys
import OpenSSL
public import PKIX

/// A certificate that this CA signed a moment ago. Only ``IssuingWorker`` makes one.
public struct IssuedCertificate: Sendable {
    public let der: [UInt8]
    public let serial: CertificateSerial
    public let subject: DistinguishedName
    public let validity: ValidityPeriod

    fileprivate init(
        der: [UInt8], serial: CertificateSerial, subject: DistinguishedName, validity: ValidityPeriod
    ) {
        self.der = der
        self.serial = serial
        self.subject = subject
        self.validity = validity
    }

    /// SHA-256 of the DER, 32 octets.
    public var fingerprint: [UInt8] { Digest.sha256(der) }
}

/// Signs certificates. One per thread: it owns a session of the CA's key.
public final class IssuingWorker {
    private let plan: IssuancePlan
    private let session: any SigningSession
    private var hasProvenKey = false

    /// - Throws: ``ToolError`` as ``SigningKey/makeSession(_:)``.
    public init(plan: IssuancePlan) throws(ToolError) {
        self.plan = plan
        session = try plan.issuer.key.makeSession(plan.form.algorithm)
    }

    /// Signs what was prepared.
    ///
    /// - Throws: ``ToolError`` as ``SigningSession/sign(_:)``: nothing more can be issued.
    public func sign(_ prepared: consuming PreparedCertificate) throws(ToolError) -> IssuedCertificate {
        let signature = try session.sign(prepared.draft.signingInput(plan.form.algorithm))
        if !hasProvenKey {
            try prove(signature, over: prepared.draft.tbs)
            hasProvenKey = true
        }
        return IssuedCertificate(
            der: plan.form.assemble(prepared.draft.tbs, signature: signature), serial: prepared.serial,
            subject: prepared.subject, validity: prepared.validity)
    }

    /// A key that signs wrongly must not make 20,000 bad certificates: the first signature is verified.
    private func prove(_ signature: [UInt8], over tbs: [UInt8]) throws(ToolError) {
        guard let key = try? plan.issuer.certificate.publicKey.usableKey().get(),
            key.isValid(signature: signature, over: tbs, algorithm: plan.form.algorithm)
        else {
            throw ToolError(
                .internalFault, "a signature of the CA's key does not verify under its certificate")
        }
    }
}
