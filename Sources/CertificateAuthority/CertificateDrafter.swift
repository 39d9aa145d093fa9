public import Diagnostics
import OpenSSL
public import PKIX

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
/// Only ``CertificateDrafter/prepare(_:serial:validity:for:)`` makes one.
public struct PreparedCertificate: ~Copyable {
    let draft: CertificateDraft
    let serial: CertificateSerial
    let validity: ValidityPeriod
    let subject: DistinguishedName

    fileprivate init(
        _ draft: CertificateDraft, _ serial: CertificateSerial, _ validity: ValidityPeriod,
        _ subject: DistinguishedName
    ) {
        self.draft = draft
        self.serial = serial
        self.validity = validity
        self.subject = subject
    }
}

/// Drafts certificates under a plan, and checks drafts before they are signed; it needs no key.
public struct CertificateDrafter: Sendable {
    private let plan: IssuancePlan
    private let authorityName: AuthorityName

    public init(plan: IssuancePlan) {
        self.plan = plan
        authorityName = AuthorityName(plan.issuer.certificate.subject)
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
        return PreparedCertificate(draft, serial, validity, request.subject)
    }

    /// The same for octets that are not hashed yet.
    public func prepare(
        _ tbs: [UInt8], serial: CertificateSerial, validity: ValidityPeriod, for request: VettedRequest
    ) throws(ToolError) -> PreparedCertificate {
        try prepare(CertificateDraft(tbs), serial: serial, validity: validity, for: request)
    }
}
