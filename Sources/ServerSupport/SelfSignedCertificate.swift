package import Diagnostics
import InputOutput
import OpenSSL
import PKIX

/// The server's own certificate for a bench: made once, kept in the data folder, to be given to clients as their root.
package enum SelfSignedCertificate {
    /// What it is good for.
    static let names = ["localhost"]
    static let addresses: [[UInt8]] = [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]

    private static let lifetime: Int64 = 3650 * 86_400
    private static let backdate: Int64 = 300

    /// The paths of certificate and key.
    package static func files(in folder: String) -> (certificate: String, key: String) {
        ("\(folder)/tls.crt", "\(folder)/tls.key")
    }

    /// The certificate of the folder; a new one if there is none, it does not belong to the key, or it is out of date.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Throws: ``ToolError`` with `io` or `internal`.
    package static func load(
        in folder: String, at now: Int64
    ) throws(ToolError) -> (material: TLSMaterial, isNew: Bool) {
        let files = files(in: folder)
        if FileSystem.kind(of: files.certificate) != nil, FileSystem.kind(of: files.key) != nil,
            let material = try? TLSMaterial.read(certificate: files.certificate, key: files.key),
            material.notAfter > now
        {
            return (material, false)
        }
        do {
            let key = try PrivateKey.generate(.p256)
            // The key first: a certificate is there only beside its key.
            try NewFile.write(
                try key.pemUnencrypted(), to: files.key, mode: .ownerOnly, replaces: true)
            let certificate = PEMWriter.encode(label: "CERTIFICATE", der: try make(key, at: now))
            try NewFile.write(certificate, to: files.certificate, replaces: true)
        } catch let error as ToolError {
            throw error
        } catch {
            throw ToolError(.internalFault, "making a certificate: \(error)")
        }
        return (try TLSMaterial.read(certificate: files.certificate, key: files.key), true)
    }

    /// In DER.
    private static func make(_ key: PrivateKey, at now: Int64) throws -> [UInt8] {
        let subject = try DistinguishedName(text: "CN=assayd on \(names[0])")
        let algorithm = SignatureAlgorithm.ecdsa(.sha256)
        let extensions: [CertificateExtension] = [
            // No key usage: with one that says nothing of signing certificates, BoringSSL does not take the certificate for
            // its own issuer (RFC 5280 section 4.2.1.3), and clients that have it as their root would refuse it.
            .basicConstraints(isCA: false), .extendedKeyUsage([.serverAuth]),
            .subjectAlternativeName(hosts: names, addresses: addresses),
        ]
        guard
            let serial = CertificateSerial(random: try RandomBytes.make(16)),
            let validity = ValidityPeriod(notBefore: now - backdate, notAfter: now + lifetime),
            let template = CertificateTemplate(
                issuer: subject, algorithm: algorithm, extensions: extensions, issuerKeyIdentifier: nil)
        else { throw ToolError(.validity, "the clock of this machine is out of range") }
        let tbs = template.makeTBS(
            serial: serial, subject: subject,
            publicKey: try SubjectPublicKeyInfo(der: key.publicKey.spki), validity: validity)
        return template.assemble(tbs, signature: try key.sign(tbs, algorithm: algorithm))
    }
}
