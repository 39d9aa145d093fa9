public import Diagnostics
public import OpenSSL

/// A certification request whose signature was made by the key that it holds (proof of possession), and whose
/// key is one that Assay certifies. Only ``CertificationRequest/verify(with:)`` can make one.
///
/// The name and the extensions are what the holder of the key *asks for*; nothing vouches for them.
public struct VerifiedRequest: Sendable {
    /// The request in all its parts.
    public let request: CertificationRequest
    /// The kind of the public key.
    public let keyKind: PublicKey.Kind
    /// SHA-256 of the whole original DER, 32 octets.
    public let sha256: [UInt8]

    init(checked request: CertificationRequest, _ keyKind: PublicKey.Kind) {
        self.request = request
        self.keyKind = keyKind
        sha256 = Digest.sha256(request.der)
    }

    /// The key whose possession is proven.
    public var publicKey: SubjectPublicKeyInfo { request.publicKey }
    /// The name asked for.
    public var subject: DistinguishedName { request.subject }
    /// The extensions asked for.
    public var requestedExtensions: [CertificateExtension] { request.requestedExtensions }
    /// Departures from the standards that were tolerated.
    public var quirks: [EncodingQuirk] { request.quirks }
}

/// Verifies requests one after another with prepared contexts; one per worker, not to be shared.
public final class RequestVerifier {
    private let p256: P256Verifier

    /// - Throws: ``OpenSSLError`` when libcrypto cannot prepare P-256.
    public init() throws(OpenSSLError) { p256 = try P256Verifier() }

    /// Says that `request` is one of those that will be verified next: what is announced is verified in blocks, in less
    /// time. Changes no verdict.
    public func announce(_ request: CertificationRequest) {
        p256.announce(derSignature: request.der[request.signature])
    }

    func isValid(_ request: CertificationRequest, _ algorithm: SignatureAlgorithm) -> Bool {
        let information = request.der[request.informationRange]
        let signature = request.der[request.signature]
        let key = request.publicKey.der[...]
        if algorithm == .ecdsa(.sha256), P256PublicKey.isSPKI(key) {
            return p256.isValid(derSignature: signature, digest: Digest.sha256(information), spki: key)
        }
        // Decoding a key costs more than verifying with it; these kinds are rare among devices.
        guard let key = try? request.publicKey.usableKey().get() else { return false }
        return key.isValid(signature: Array(signature), over: Array(information), algorithm: algorithm)
    }
}

extension CertificationRequest {
    /// Checks the key and the request's own signature.
    ///
    /// Fails with `csr-key` for a key that Assay does not certify and with `csr-signature` for a signature that
    /// is not the key's, or that is made with SHA-1, MD5 or an unknown algorithm.
    public func verify(with verifier: RequestVerifier) -> Result<VerifiedRequest, CheckFailure> {
        let kind: PublicKey.Kind
        switch publicKey.acceptedKind() {
        case .success(let accepted): kind = accepted
        case .failure(let failure): return .failure(failure)
        }
        switch signatureAlgorithm.meaning {
        case .supported(let algorithm):
            guard verifier.isValid(self, algorithm) else {
                // Asked only now: a point off its curve verifies nothing.
                if case .failure(let failure) = publicKey.soundKind() { return .failure(failure) }
                return .failure(
                    CheckFailure(.csrSignature, "the request's signature does not verify under its own key"))
            }
            return .success(VerifiedRequest(checked: self, kind))
        case .weak(let hash):
            return .failure(
                CheckFailure(.csrSignature, "expected a SHA-2 signature, found one made with \(hash)"))
        case .unknown(let found):
            return .failure(CheckFailure(.csrSignature, "expected a supported signature, found \(found)"))
        }
    }
}

extension DERError {
    /// This error as the reason why an input was rejected, code `der`.
    public var checkFailure: CheckFailure { CheckFailure(.der, description) }
}

extension PEMError {
    /// This error as the reason why an input was rejected, code `pem`.
    public var checkFailure: CheckFailure { CheckFailure(.pem, description) }
}
