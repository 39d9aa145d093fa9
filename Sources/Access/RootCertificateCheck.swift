import Diagnostics
public import OpenSSL
import PKIX

/// The certificates by which a device knows the server: each a CA's, and valid now.
public enum RootCertificateCheck {
    /// - Parameters:
    ///   - file: what results call the file.
    ///   - time: Seconds since 1970.
    public static func findings(
        in certificates: [X509Certificate], file: String, at time: Int64
    ) -> [AccessFinding] {
        var findings: [AccessFinding] = []
        for certificate in certificates {
            if !certificate.isCA {
                findings.append(
                    AccessFinding(
                        .warning, .chain, .modem, file: file,
                        "expected a CA's certificate as the root, found another (\(certificate.subject))"))
            }
            if time < certificate.notBefore || time > certificate.notAfter {
                let found = time < certificate.notBefore ? "one not yet valid" : "an expired one"
                findings.append(
                    AccessFinding(
                        .error, .validity, .modem, file: file,
                        "expected a root CA that is valid now, found \(found) (\(certificate.subject))"))
            }
        }
        return findings
    }
}
