public import Diagnostics
public import Keys
public import OpenSSL
public import PKIX

/// A CA that may sign: its certificate and key belong together, it is a CA whose certificates count, and it
/// is valid. ``init(chain:key:at:)`` is the check; nothing signs without one.
public struct Issuer: Sendable {
    public let certificate: ParsedCertificate
    /// The DER of the CA's certificate and of those above it, in order.
    public let chain: [[UInt8]]
    /// The signature it makes.
    public let algorithm: SignatureAlgorithm
    let key: any SigningKey
    private let parsedChain: [ParsedCertificate]

    /// Checks the CA.
    ///
    /// - Parameters:
    ///   - chain: DER, the CA's own certificate first, each signed by the next; the root may be left out.
    ///   - key: the CA's own; it is not used here.
    ///   - now: seconds since 1970.
    /// - Throws: ``ToolError`` with `der`, `issuer-invalid`, `issuer-key-mismatch`, `validity` or `chain`.
    public init(chain: [[UInt8]], key: any SigningKey, at now: Int64) throws(ToolError) {
        var parsed: [ParsedCertificate] = []
        for der in chain { parsed.append(try Self.parse(der)) }
        guard let certificate = parsed.first else {
            throw ToolError(.issuerInvalid, "expected the CA's certificate, found none")
        }
        guard let algorithm = SigningScheme.algorithm(for: key.publicKey.kind) else {
            throw ToolError(.issuerInvalid, "expected a P-256, P-384, P-521, Ed25519 or RSA key of the CA")
        }
        guard certificate.publicKey.der == key.publicKey.spki else {
            throw ToolError(
                .issuerKeyMismatch, "the CA's private key does not belong to its certificate",
                hint: .compareKeyIDs)
        }
        guard !certificate.subject.isEmpty else {
            throw ToolError(.issuerInvalid, "expected a CA with a name, found an empty subject")
        }
        for (place, authority) in parsed.enumerated() { try Self.checkAuthority(authority, place) }
        try Self.checkValidity(certificate, now)
        try Self.checkLinks(parsed)
        self.certificate = certificate
        self.chain = chain
        self.algorithm = algorithm
        self.key = key
        parsedChain = parsed
    }

    /// What the CA is to a ledger: SHA-256 of its name and its key, 32 octets. A renewed certificate of the same CA
    /// has the same.
    public var identity: [UInt8] { Self.identity(of: certificate) }

    /// How many threads may sign at once.
    public var concurrency: Int { max(key.concurrency, 1) }

    /// The identifier that certificates below it carry: the one in its certificate, or the one it would have.
    var keyIdentifier: [UInt8] {
        certificate.subjectKeyIdentifier ?? certificate.publicKey.keyIdentifier
    }

    /// How many CAs may still stand one below the other under this one; `nil` without a bound.
    ///
    /// Every certificate of the chain has a say (RFC 5280 section 6.1.4): one that is `n` places above this
    /// CA has `n` CAs below it already.
    public var remainingPathLength: Int? {
        var remaining: Int?
        for (place, authority) in parsedChain.enumerated() {
            guard let length = authority.basicConstraints?.pathLength else { continue }
            remaining = min(remaining ?? length, max(length - place, 0))
        }
        return remaining
    }

    static func parse(_ der: [UInt8]) throws(ToolError) -> ParsedCertificate {
        do {
            // Told apart from other trouble, because certificates of version 1 are sound and still no CAs.
            guard try isVersion3(der) else {
                throw ToolError(.issuerInvalid, "expected a certificate of version 3, found an older one")
            }
            return try ParsedCertificate(authority: der)
        } catch let error as DERError {
            throw ToolError(.der, "the CA's certificate: \(error.description)")
        } catch let error as ToolError {
            throw error
        } catch {
            throw ToolError(.internalFault, "unexpected error")
        }
    }

    private static func isVersion3(_ der: [UInt8]) throws(DERError) -> Bool {
        var outer = DERReader(der)
        var certificate = try outer.enter(.sequence, "certificate")
        var tbs = try certificate.enter(.sequence, "TBS certificate")
        guard tbs.nextTag == .constructed(0) else { return false }
        var version = try tbs.enter(.constructed(0), "version")
        return try version.smallInteger("version") == 2
    }

    /// - Parameter place: how many CAs of the chain stand below this one.
    private static func checkAuthority(_ certificate: ParsedCertificate, _ place: Int) throws(ToolError) {
        guard let constraints = certificate.basicConstraints, constraints.isCA else {
            throw ToolError(
                .issuerInvalid, "expected a CA (basicConstraints CA:TRUE), found a certificate that is none")
        }
        if let length = constraints.pathLength, length < place {
            throw ToolError(
                .issuerInvalid,
                "certificate \(place + 1) of the CA allows \(length) CAs below it, found \(place)")
        }
        // RFC 5280 section 6.1.4 (n): an extension that is there restricts. That conforming CAs carry it is among the
        // oddities.
        if let usage = certificate.keyUsage, !usage.contains(.keyCertSign) {
            throw ToolError(
                .issuerInvalid,
                "expected the key usage keyCertSign, found \(usage.names.joined(separator: ", "))")
        }
    }

    private static func checkValidity(_ certificate: ParsedCertificate, _ now: Int64) throws(ToolError) {
        if certificate.validity.contains(now) { return }
        let isEarly = now < certificate.validity.notBefore
        throw ToolError(
            .validity, isEarly ? "the CA's certificate is not valid yet" : "the CA's certificate has expired",
            hint: isEarly ? "check the clock of this machine" : "renew the CA")
    }

    /// Each certificate names the next as its issuer and is signed by it; one that is self-issued signed
    /// itself.
    private static func checkLinks(_ chain: [ParsedCertificate]) throws(ToolError) {
        for (index, certificate) in chain.enumerated() {
            let isLast = index == chain.count - 1
            let above: ParsedCertificate
            if !isLast {
                above = chain[index + 1]
            } else if certificate.issuer == certificate.subject {
                above = certificate
            } else {
                return
            }
            guard certificate.issuer == above.subject else {
                throw ToolError(
                    .chain, "certificate \(index + 1) of the CA is not issued by the one after it",
                    hint: "put the CA's own certificate first, then the one that issued it, and so on")
            }
            // What a root says of itself by its own signature is nothing (RFC 5280 section 6.1 does not ask for it): that of
            // one that was made with SHA-1 is odd and no obstacle.
            if isLast, case .weak = certificate.signatureAlgorithm.meaning { continue }
            guard case .supported(let algorithm) = certificate.signatureAlgorithm.meaning,
                let key = try? above.publicKey.usableKey().get(),
                key.isValid(
                    signature: Array(certificate.der[certificate.signatureRange]),
                    over: Array(certificate.der[certificate.tbsRange]), algorithm: algorithm)
            else {
                throw ToolError(.chain, "the signature of certificate \(index + 1) of the CA does not verify")
            }
        }
    }
}

extension ParsedCertificate {
    /// What is odd about the certificate of a CA: rules for CAs that it breaks and that verifiers do not ask about. It
    /// cannot be changed without changing all that hangs on it.
    public var oddities: [LintFinding] {
        guard let reading = try? CertificateReading(certificate: der) else { return [] }
        return CertificateRules.findings(in: reading).filter { $0.severity == .error }
    }
}
