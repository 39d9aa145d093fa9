public import Diagnostics
import OpenSSL
import PKIX

extension JWTKey {
    /// The one public key of a PEM text (`PUBLIC KEY`); throws with `pem`, `der` or `csr-key`.
    public init(pem: [UInt8], trust: String) throws(ToolError) {
        let der: [UInt8]
        do {
            der = try PEMDocument(pem).single("PUBLIC KEY")
        } catch {
            throw ToolError(
                .pem, error.description, hint: "expected one public key in PEM (-----BEGIN PUBLIC KEY-----)")
        }
        let info: SubjectPublicKeyInfo
        do {
            info = try SubjectPublicKeyInfo(der: der)
        } catch {
            throw ToolError(.der, error.description)
        }
        do {
            try self.init(info, trust: trust)
        } catch {
            throw ToolError(error.code, error.message)
        }
        // A point off its curve would only make every signature look bad.
        do {
            _ = try PublicKey(spki: der)
        } catch {
            throw ToolError(.csrKey, error.message)
        }
    }
}
