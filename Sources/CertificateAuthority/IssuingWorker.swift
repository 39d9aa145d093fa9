public import Diagnostics
public import OpenSSL
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

/// Signs certificates. One per thread: it owns OpenSSL contexts.
public final class IssuingWorker {
    private let plan: IssuancePlan
    private let signer: P256Signer?
    private var hasProvenKey = false

    /// - Throws: ``OpenSSLError`` when libcrypto cannot prepare the key.
    public init(plan: IssuancePlan) throws(OpenSSLError) {
        self.plan = plan
        signer = plan.issuer.algorithm == .ecdsa(.sha256) ? try P256Signer(key: plan.issuer.key) : nil
    }

    /// The certificate for `request` under the plan.
    ///
    /// - Parameter serial: fresh from a random generator; never used twice by one CA.
    /// - Returns: a failure with `key-reused` or `csr-subject` when the CA's own key or name is presented as
    ///   a device's.
    /// - Throws: ``ToolError`` with code `lint` or `internal`: nothing more can be issued.
    public func issue(
        _ request: VettedRequest, serial: CertificateSerial
    ) throws(ToolError) -> Result<IssuedCertificate, CheckFailure> {
        if let failure = collision(request) { return .failure(failure) }
        let tbs = plan.template.makeTBS(
            serial: serial, subject: request.subject, publicKey: request.publicKey, validity: plan.validity)
        if let finding = plan.lint.finding(
            in: tbs, serial: serial, subject: request.subject, publicKey: request.publicKey)
        {
            throw ToolError(.lint, "a certificate was not signed: \(finding)")
        }
        let signature = try sign(tbs)
        if !hasProvenKey {
            try prove(signature, over: tbs)
            hasProvenKey = true
        }
        return .success(
            IssuedCertificate(
                der: plan.template.assemble(tbs, signature: signature), serial: serial,
                subject: request.subject, validity: plan.validity))
    }

    private func collision(_ request: VettedRequest) -> CheckFailure? {
        let authority = plan.issuer.certificate
        if request.publicKey == authority.publicKey {
            return CheckFailure(.keyReused, "the public key is the CA's own")
        }
        if request.subject == authority.subject {
            return CheckFailure(.csrSubject, "the subject is the CA's own name")
        }
        return nil
    }

    private func sign(_ tbs: [UInt8]) throws(ToolError) -> [UInt8] {
        do {
            if let signer { return try signer.sign(digest: Digest.sha256(tbs)) }
            return try plan.issuer.key.sign(tbs, algorithm: plan.issuer.algorithm)
        } catch {
            throw ToolError(.internalFault, "the CA's key does not sign: \(error.message)")
        }
    }

    /// A key that signs wrongly must not make 20,000 bad certificates: the first signature is verified.
    private func prove(_ signature: [UInt8], over tbs: [UInt8]) throws(ToolError) {
        guard let key = try? PublicKey(spki: plan.issuer.certificate.publicKey.der),
            key.isValid(signature: signature, over: tbs, algorithm: plan.issuer.algorithm)
        else {
            throw ToolError(
                .internalFault, "a signature of the CA's key does not verify under its certificate")
        }
    }
}
