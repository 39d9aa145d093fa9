public import Diagnostics
public import Keys
import OpenSSL
public import PKIX

extension CertificationRequest {
    /// A request for `subject` by the holder of `key`, without attributes (RFC 2986 section 4).
    ///
    /// - Throws: ``ToolError`` with code `csr-key` for a key that Assay does not sign with, else `internal`.
    public static func make(subject: DistinguishedName, key: any SigningKey) throws(ToolError)
        -> CertificationRequest
    {
        guard let algorithm = SigningScheme.algorithm(for: key.publicKey.kind),
            let identifier = SignatureAlgorithmIdentifier.der(algorithm)
        else { throw ToolError(.csrKey, "expected a P-256, P-384, P-521, Ed25519 or RSA key") }
        var information = DERWriter(capacity: 256)
        information.sequence { writer in
            writer.unsignedInteger([0])
            writer.raw(subject.der)
            writer.raw(key.publicKey.spki)
            writer.constructed(.constructed(0)) { _ in }
        }
        let signature = try key.sign(information.bytes, algorithm)
        do {
            var request = DERWriter(capacity: information.bytes.count + signature.count + 32)
            request.sequence { writer in
                writer.raw(information.bytes)
                writer.raw(identifier)
                writer.bitString(signature)
            }
            return try CertificationRequest(der: request.bytes)
        } catch {
            throw ToolError(.internalFault, "the request that was made cannot be read back")
        }
    }
}
