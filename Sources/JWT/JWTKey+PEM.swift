public import Diagnostics
import OpenSSL
import PKIX

extension JWTKey {
    /// The one public key of a PEM text, alone or in a certificate or a certification request; throws with `pem`, `der`
    /// or `csr-key`.
    public init(pem: [UInt8], trust: String) throws(ToolError) {
        do {
            try self.init(KeyDocument.readPublic(pem), trust: trust)
        } catch let fault as KeyDocument.Fault {
            switch fault {
            case .failure(let failure, let hint): throw ToolError(failure.code, failure.message, hint: hint)
            case .privateKey: throw ToolError(.pem, "expected a public key, found a private one")
            }
        } catch let failure as CheckFailure {
            throw ToolError(failure.code, failure.message)
        } catch {
            throw ToolError(.internalFault, "unexpected error")
        }
    }
}
