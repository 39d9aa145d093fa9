public import Diagnostics
import Keys
public import OpenSSL
public import PKIX

/// A CA that the caller trusts, by its certificate alone: it checks what the CA signed and signs nothing.
public struct KnownAuthority: Sendable {
    public let certificate: ParsedCertificate
    /// The signatures that the CA makes.
    public let algorithm: SignatureAlgorithm
    private let key: PublicKey

    /// - Parameter der: the CA's own certificate.
    /// - Throws: ``ToolError`` with `der` or `issuer-invalid`.
    public init(der: [UInt8]) throws(ToolError) {
        do {
            certificate = try ParsedCertificate(authority: der)
        } catch {
            throw ToolError(.der, "the CA's certificate: \(error.description)")
        }
        guard let constraints = certificate.basicConstraints, constraints.isCA else {
            throw ToolError(
                .issuerInvalid, "expected a CA (basicConstraints CA:TRUE), found a certificate that is none")
        }
        guard let key = try? certificate.publicKey.usableKey().get(),
            let algorithm = SigningScheme.algorithm(for: key.kind)
        else {
            throw ToolError(.issuerInvalid, "expected a P-256, P-384, P-521, Ed25519 or RSA key of the CA")
        }
        self.key = key
        self.algorithm = algorithm
    }

    /// What the CA is to a ledger: SHA-256 of its name and its key, 32 octets.
    public var identity: [UInt8] { Issuer.identity(of: certificate) }

    /// The kind of the CA's key.
    public var keyKind: PublicKey.Kind { key.kind }

    /// Whether the CA signed a certificate under a name that is its own by RFC 5280 section 7.1 and has other octets.
    ///
    /// - Parameter der: a certificate; anything else is none of the CA's.
    public func signedUnderAnotherSpelling(_ der: [UInt8]) -> Bool {
        guard let issued = try? ParsedCertificate(der: der), issued.issuer != certificate.subject,
            AuthorityName(certificate.subject).isName(of: issued.issuer),
            case .supported(let algorithm) = issued.signatureAlgorithm.meaning
        else { return false }
        return isValid(
            signature: Array(der[issued.signatureRange]), over: Array(der[issued.tbsRange]),
            algorithm: algorithm)
    }

    /// Whether the CA made `signature` over `message`.
    ///
    /// - Parameter algorithm: nil for the one that the CA uses unless a profile says otherwise.
    func isValid(
        signature: [UInt8], over message: [UInt8], algorithm: SignatureAlgorithm? = nil
    ) -> Bool {
        key.isValid(signature: signature, over: message, algorithm: algorithm ?? self.algorithm)
    }
}

extension Issuer {
    static func identity(of certificate: ParsedCertificate) -> [UInt8] {
        Digest.sha256(certificate.subject.der + certificate.publicKey.der)
    }

    /// A signature over octets that this module composed, verified before it is given away.
    ///
    /// - Throws: ``ToolError`` with code `internal`.
    func sign(_ message: [UInt8]) throws(ToolError) -> [UInt8] {
        try key.sign(message, algorithm)
    }
}
