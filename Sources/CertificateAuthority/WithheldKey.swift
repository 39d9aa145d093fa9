public import Diagnostics
import Keys
import OpenSSL
import PKIX

/// The place of a CA's key in a dry run: it has the public half and signs nothing, whatever asks it to.
struct WithheldKey: SigningKey {
    let publicKey: PublicKey

    var concurrency: Int { .max }

    func makeSession(_ algorithm: SignatureAlgorithm) throws(ToolError) -> any SigningSession { Session() }

    private final class Session: SigningSession {
        func sign(_ digest: [UInt8]) throws(ToolError) -> [UInt8] {
            throw ToolError(.internalFault, "a dry run asked for a signature")
        }
    }
}

extension Issuer {
    /// A CA that plans and checks as with its key, and signs nothing.
    ///
    /// - Parameters:
    ///   - chain: as for ``init(chain:key:at:)``, which checks the rest.
    ///   - now: seconds since 1970.
    /// - Throws: ``ToolError`` as ``init(chain:key:at:)``, but for `issuer-key-mismatch`: there is no key to compare.
    public init(withoutKey chain: [[UInt8]], at now: Int64) throws(ToolError) {
        guard let own = chain.first else {
            throw ToolError(.issuerInvalid, "expected the CA's certificate, found none")
        }
        guard let key = try? Self.parse(own).publicKey.usableKey().get() else {
            throw ToolError(.issuerInvalid, "expected a P-256, P-384, P-521, Ed25519 or RSA key of the CA")
        }
        try self.init(chain: chain, key: WithheldKey(publicKey: key), at: now)
    }
}
