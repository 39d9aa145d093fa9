public import Diagnostics
import OpenSSL
import PKIX

/// What a ledger says of a certificate that it keeps.
public struct LedgerFacts: Sendable, Equatable {
    public let serial: [UInt8]
    /// SHA-256 of the certified key's SubjectPublicKeyInfo.
    public let keyID: [UInt8]
    public let subject: String
    /// Seconds since 1970.
    public let notBefore: Int64
    public let notAfter: Int64
    /// SHA-256 of the TBSCertificate that was to be signed.
    public let tbsDigest: [UInt8]

    public init(
        serial: [UInt8], keyID: [UInt8], subject: String, notBefore: Int64, notAfter: Int64,
        tbsDigest: [UInt8]
    ) {
        self.serial = serial
        self.keyID = keyID
        self.subject = subject
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.tbsDigest = tbsDigest
    }
}

/// Checks certificates again after they were issued: what they say, who signed them, and whether the ledger kept
/// them as they were.
public struct CertificateAudit: Sendable {
    private let authority: KnownAuthority
    private let profile: CertificateProfile
    private let lint: CertificateLint

    /// - Throws: ``ToolError`` with `issuer-invalid` when the CA's key makes no signature for certificates.
    public init(authority: KnownAuthority, profile: CertificateProfile) throws(ToolError) {
        guard let algorithm = SignatureAlgorithmIdentifier.der(authority.algorithm) else {
            throw ToolError(.issuerInvalid, "the CA's key makes no signature for certificates")
        }
        self.authority = authority
        self.profile = profile
        lint = CertificateLint(
            algorithm: algorithm, issuer: authority.certificate.subject,
            issuerValidity: authority.certificate.validity, extensions: profile.extensions,
            issuerKeyIdentifier: authority.keyIdentifier)
    }

    /// Everything that is wrong with a certificate of this CA and profile; empty when nothing is.
    public func failures(of der: [UInt8], _ facts: LedgerFacts) -> [CheckFailure] {
        var failures: [CheckFailure] = []
        let certificate: ParsedCertificate
        do {
            certificate = try ParsedCertificate(der: der)
        } catch {
            return failures + [CheckFailure(.der, error.description)]
        }
        let tbs = Array(der[certificate.tbsRange])
        if Digest.sha256(tbs) != facts.tbsDigest {
            failures.append(CheckFailure(.digest, "the certificate is not the one that was intended"))
        }
        failures += Self.contradictions(certificate, facts)
        if certificate.issuer != authority.certificate.subject {
            failures.append(CheckFailure(.chain, "the issuer is not the CA"))
        } else if !authority.isValid(
            signature: Array(der[certificate.signatureRange]), over: tbs)
        {
            failures.append(CheckFailure(.chain, "the signature is not the CA's"))
        }
        if !hasAllowedKey(certificate) {
            failures.append(CheckFailure(.profile, "the profile certifies no keys of this kind"))
        }
        // Serial and validity were held against the ledger above.
        if let finding = lint.finding(
            in: tbs, serial: certificate.serial, validity: certificate.validity,
            subject: certificate.subject, publicKey: certificate.publicKey)
        {
            failures.append(CheckFailure(.lint, finding))
        }
        return failures
    }

    private func hasAllowedKey(_ certificate: ParsedCertificate) -> Bool {
        guard let key = try? PublicKey(spki: certificate.publicKey.der), let type = KeyType(key.kind) else {
            return false
        }
        return profile.keyTypes.contains(type)
    }

    private static func contradictions(
        _ certificate: ParsedCertificate, _ facts: LedgerFacts
    ) -> [CheckFailure] {
        var names: [String] = []
        if certificate.serial.magnitude != facts.serial { names.append("serial number") }
        if Digest.sha256(certificate.publicKey.der) != facts.keyID { names.append("public key") }
        if certificate.subject.description != facts.subject { names.append("subject") }
        if certificate.validity.notBefore != facts.notBefore
            || certificate.validity.notAfter != facts.notAfter
        {
            names.append("validity")
        }
        return names.map { CheckFailure(.digest, "the \($0) is not the one in the ledger") }
    }
}
