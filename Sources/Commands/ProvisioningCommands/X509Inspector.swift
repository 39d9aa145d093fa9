import Diagnostics
import OpenSSL
import PKIX
import ProvisioningCommands

/// Reads certificates for the checks of a batch: as leniently as OpenSSL does, and so a device's TLS library.
struct X509Inspector: CertificateInspector {
    func facts(pem: String) throws(ToolError) -> CertificateFacts {
        let der: [UInt8]
        do {
            der = try PEMDocument(Array(pem.utf8)).single(X509Certificate.pemLabel)
        } catch {
            throw ToolError(.pem, error.description)
        }
        // The strict reader takes nearly all of them in a fraction of the time.
        if let certificate = try? ParsedCertificate(der: der) {
            return CertificateFacts(
                subjectPublicKeyInfo: certificate.publicKey.der, notBefore: certificate.validity.notBefore,
                notAfter: certificate.validity.notAfter, subject: certificate.subject.description,
                commonName: certificate.subject.commonName)
        }
        switch X509Certificate.read(der: der) {
        case .success(let certificate):
            let name = try? DistinguishedName(der: certificate.subjectDER)
            return CertificateFacts(
                subjectPublicKeyInfo: certificate.spki, notBefore: certificate.notBefore,
                notAfter: certificate.notAfter, subject: certificate.subject, commonName: name?.commonName)
        case .failure(let failure): throw ToolError(failure.code, failure.message)
        }
    }
}
