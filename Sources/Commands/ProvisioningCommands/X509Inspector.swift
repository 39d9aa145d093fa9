import Diagnostics
import OpenSSL
import PKIX
import ProvisioningCommands

/// Reads certificates for the checks of a batch as OpenSSL does, which is as a device's TLS library would.
struct X509Inspector: CertificateInspector {
    func facts(pem: String) throws(ToolError) -> CertificateFacts {
        let certificate: X509Certificate
        switch X509Certificate.read(pem: Array(pem.utf8)) {
        case .success(let found): certificate = found
        case .failure(let failure): throw ToolError(failure.code, failure.message)
        }
        let name = try? DistinguishedName(der: certificate.subjectDER)
        return CertificateFacts(
            subjectPublicKeyInfo: certificate.spki, notBefore: certificate.notBefore,
            notAfter: certificate.notAfter, subject: certificate.subject, commonName: name?.commonName)
    }
}
