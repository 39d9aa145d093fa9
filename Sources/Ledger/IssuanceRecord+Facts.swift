public import CertificateAuthority
public import Diagnostics
import PKIX

extension IssuanceRecord {
    /// Whether the certificate is that of a CA, which was made with its key and for no request.
    public var isOfAuthority: Bool { profile.hasPrefix(CertificateProfile.authorityMark) }

    /// What the row says of its certificate.
    public var facts: LedgerFacts {
        LedgerFacts(
            serial: serial, keyID: keyID, subject: subject, device: device, isAttested: attestation != nil,
            notBefore: notBefore, notAfter: notAfter, tbsDigest: tbsDigest)
    }

    /// What the certificate says otherwise than its row; empty for an intent.
    public func contradictions() -> [CheckFailure] {
        guard let certificate else { return [] }
        do {
            return facts.contradictions(with: try ParsedCertificate(der: certificate))
        } catch {
            return [CheckFailure(.der, "the certificate cannot be read: \(error.description)")]
        }
    }
}
