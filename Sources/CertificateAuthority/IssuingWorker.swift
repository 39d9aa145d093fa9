public import Diagnostics
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

/// The octets of a TBSCertificate together with their SHA-256, which is computed from them and nothing else: to this
/// digest an intent commits, and it is what an ECDSA key on P-256 signs.
public struct CertificateDraft: Sendable, Equatable {
    /// TBSCertificate, DER.
    public let tbs: [UInt8]
    /// SHA-256 of ``tbs``, 32 octets.
    public let sha256: [UInt8]

    public init(_ tbs: [UInt8]) {
        self.tbs = tbs
        sha256 = Digest.sha256(tbs)
    }

    public static func == (left: CertificateDraft, right: CertificateDraft) -> Bool { left.tbs == right.tbs }

    /// What a key signs under `algorithm`: the digest of its hash, or the octets themselves where it has none.
    func signingInput(_ algorithm: SignatureAlgorithm) -> [UInt8] {
        switch algorithm.hash {
        case .sha256: sha256
        case let hash?: Digest.hash(hash, tbs)
        case nil: tbs
        }
    }
}

/// A certificate that may be signed: its octets were read back and checked against the profile. It can be used once.
/// Only ``IssuingWorker/prepare(_:serial:validity:for:)`` makes one.
public struct PreparedCertificate: ~Copyable {
    fileprivate let draft: CertificateDraft
    fileprivate let serial: CertificateSerial
    fileprivate let validity: ValidityPeriod
    fileprivate let subject: DistinguishedName
}

/// Drafts and signs certificates. One per thread: it owns a session of the CA's key.
public final class IssuingWorker {
    private let plan: IssuancePlan
    private let session: any SigningSession
    private let authorityName: AuthorityName
    private var hasProvenKey = false

    /// - Throws: ``ToolError`` as ``SigningKey/makeSession(_:)``.
    public init(plan: IssuancePlan) throws(ToolError) {
        self.plan = plan
        authorityName = AuthorityName(plan.issuer.certificate.subject)
        session = try plan.issuer.key.makeSession(plan.form.algorithm)
    }

    /// The TBSCertificate for `request` under the plan; not checked and not signed.
    ///
    /// It depends on nothing but the plan's issuer and profile, the request, the serial and the validity: drafted again
    /// from the same, it is the same octets.
    ///
    /// - Parameters:
    ///   - serial: fresh from a random generator; never used twice by one CA.
    ///   - validity: the plan's own unless an earlier run planned another.
    /// - Returns: a failure with `key-reused` or `csr-subject` when the CA's own key or name is presented as a
    ///   device's, with `lint` when the certificate would be longer than the profile allows.
    public func draft(
        _ request: VettedRequest, serial: CertificateSerial, validity: ValidityPeriod? = nil
    ) -> Result<CertificateDraft, CheckFailure> {
        let authority = plan.issuer.certificate
        if request.publicKey == authority.publicKey {
            return .failure(CheckFailure(.keyReused, "the public key is the CA's own"))
        }
        if authorityName.isName(of: request.subject) {
            return .failure(CheckFailure(.csrSubject, "the subject is the CA's own name"))
        }
        let tbs = plan.form.makeTBS(
            serial: serial, validity: validity ?? plan.validity, subject: request.lintSubject)
        // Found now rather than before the signature: an intent that can never be completed would stay in the ledger.
        if let finding = plan.form.sizeFinding(tbs) {
            return .failure(CheckFailure(.lint, "a certificate is not issued: \(finding)"))
        }
        return .success(CertificateDraft(tbs))
    }

    /// Reads the octets of a draft, of this run or of an earlier one, back and checks them.
    ///
    /// A draft of an earlier run is held against the profile as it is now.
    ///
    /// - Throws: ``ToolError`` with code `lint`: the octets are not a certificate of this CA and profile for this
    ///   request, and are not signed.
    public func prepare(
        _ draft: CertificateDraft, serial: CertificateSerial, validity: ValidityPeriod,
        for request: VettedRequest
    ) throws(ToolError) -> PreparedCertificate {
        if let objection = request.objection {
            throw ToolError(objection.code, "a certificate was not signed: \(objection.message)")
        }
        if let finding = plan.form.finding(
            in: draft.tbs, serial: serial, validity: validity, subject: request.lintSubject)
        {
            // Fresh drafts are sound, so this is about one whose run was interrupted before the profile was edited.
            throw ToolError(
                .lint,
                "a certificate was not signed: \(finding); a draft of an earlier run is signed only under the profile "
                    + "that it was made for: put that back, or issue under a profile of another name")
        }
        return PreparedCertificate(
            draft: draft, serial: serial, validity: validity, subject: request.subject)
    }

    /// The same for octets that are not hashed yet.
    public func prepare(
        _ tbs: [UInt8], serial: CertificateSerial, validity: ValidityPeriod, for request: VettedRequest
    ) throws(ToolError) -> PreparedCertificate {
        try prepare(CertificateDraft(tbs), serial: serial, validity: validity, for: request)
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
