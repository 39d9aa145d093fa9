public import Diagnostics
public import OpenSSL

extension X509Certificate {
    /// The label of a certificate's PEM block.
    public static var pemLabel: String { "CERTIFICATE" }
    /// The label and what older programs write for it (RFC 7468 section 5.1).
    public static let pemLabels: Set<String> = [pemLabel, "X509 CERTIFICATE", "X.509 CERTIFICATE"]

    /// Reads a PEM file that holds exactly one certificate.
    ///
    /// Fails with `pem` or `der`.
    public static func read(pem: [UInt8]) -> Result<X509Certificate, CheckFailure> {
        do throws(PEMError) {
            let der = try PEMDocument(pem).single(pemLabel)
            return read(der: der)
        } catch { return .failure(error.checkFailure) }
    }

    /// Reads the DER of exactly one certificate; fails with `der`, also where libcrypto overlooks what is no DER.
    public static func read(der: [UInt8]) -> Result<X509Certificate, CheckFailure> {
        // Our own reading first: what it says does not depend on the version of libcrypto, which refuses more and more
        // with less and less to say of it.
        do throws(DERError) {
            if let reason = try CertificateReading(certificate: der).unsoundness {
                return .failure(CheckFailure(.der, "reading a certificate: \(reason)"))
            }
        } catch {
            if let found = ForeignDER(der), found != .certificate {
                return .failure(found.noCertificate)
            }
            return .failure(error.checkFailure)
        }
        do throws(OpenSSLError) {
            return .success(try X509Certificate(der: der))
        } catch { return .failure(CheckFailure(.der, error.message)) }
    }

    /// The certificate as one PEM block.
    public var pem: [UInt8] { PEMWriter.encode(label: Self.pemLabel, der: der) }

    /// The public key's form, read without libcrypto.
    public func publicKeyInfo() throws(DERError) -> SubjectPublicKeyInfo {
        try SubjectPublicKeyInfo(der: spki)
    }
}
