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

/// Verifies requests with prepared contexts; one per worker, not to be shared.
public final class RequestVerifier {
    private let p256: P256Verifier

    /// - Throws: ``OpenSSLError`` when libcrypto cannot prepare P-256.
    public init() throws(OpenSSLError) { p256 = try P256Verifier() }

    /// Checks the keys of a block of requests and their own signatures: those of a block take less time than one by one.
    ///
    /// Fails with `csr-key` for a key that Assay does not certify and with `csr-signature` for a signature that
    /// is not the key's, or that is made with SHA-1, MD5 or an unknown algorithm.
    public func verify(_ block: [CertificationRequest]) -> [Result<VerifiedRequest, CheckFailure>] {
        var steps: [Step] = []
        steps.reserveCapacity(block.count)
        var claims: [P256Claim] = []
        for request in block {
            let step = Self.step(request)
            if case .claim(_, let claim) = step { claims.append(claim) }
            steps.append(step)
        }
        var verdicts = p256.verify(claims).makeIterator()
        return zip(block, steps).map { request, step in
            switch step {
            case .refused(let failure): .failure(failure)
            case .claim(let kind, _): Self.result(request, kind, isValid: verdicts.next() == true)
            case .other(let kind, let algorithm):
                Self.result(request, kind, isValid: Self.isValid(request, algorithm))
            }
        }
    }

    private enum Step {
        case refused(CheckFailure)
        case claim(PublicKey.Kind, P256Claim)
        case other(PublicKey.Kind, SignatureAlgorithm)
    }

    private static func step(_ request: CertificationRequest) -> Step {
        guard request.version == 0 else {
            return .refused(
                CheckFailure(.der, "expected a request of version 0, found version \(request.version)"))
        }
        let kind: PublicKey.Kind
        switch request.publicKey.acceptedKind() {
        case .success(let accepted): kind = accepted
        case .failure(let failure): return .refused(failure)
        }
        switch request.signatureAlgorithm.meaning {
        case .supported(let algorithm):
            if algorithm == .ecdsa(.sha256),
                let claim = P256Claim(
                    derSignature: request.der[request.signature],
                    digest: Digest.sha256(request.der[request.informationRange]),
                    spki: request.publicKey.der[...])
            {
                return .claim(kind, claim)
            }
            return .other(kind, algorithm)
        case .weak(let hash):
            return .refused(
                CheckFailure(.csrSignature, "expected a SHA-2 signature, found one made with \(hash)"))
        case .unknown(let found):
            return .refused(CheckFailure(.csrSignature, "expected a supported signature, found \(found)"))
        }
    }

    /// Decoding a key costs more than verifying with it; these kinds are rare among devices.
    private static func isValid(_ request: CertificationRequest, _ algorithm: SignatureAlgorithm) -> Bool {
        guard let key = try? request.publicKey.usableKey().get() else { return false }
        return key.isValid(
            signature: Array(request.der[request.signature]),
            over: Array(request.der[request.informationRange]),
            algorithm: algorithm)
    }

    private static func result(
        _ request: CertificationRequest, _ kind: PublicKey.Kind, isValid: Bool
    ) -> Result<VerifiedRequest, CheckFailure> {
        if isValid { return .success(VerifiedRequest(checked: request, kind)) }
        // Asked only now: a point off its curve verifies nothing.
        if case .failure(let failure) = request.publicKey.soundKind() { return .failure(failure) }
        return .failure(CheckFailure(.csrSignature, wrongSignature(request, kind)))
    }
}

extension RequestVerifier {
    private static func wrongSignature(_ request: CertificationRequest, _ kind: PublicKey.Kind) -> String {
        let signature = request.der[request.signature]
        switch kind {
        case .p256, .p384, .p521:
            guard !ECDSASignature.isDER(Array(signature)) else { break }
            let width = kind == .p256 ? 32 : kind == .p384 ? 48 : 66
            return
                "expected a signature in DER (ECDSA-Sig-Value, RFC 3279 section 2.2.3), found \(signature.count) octets"
                + (signature.count == 2 * width ? ", r and s as they are" : "")
        default: break
        }
        return "the request's signature does not verify under its own key"
    }
}

extension CertificationRequest {
    /// Checks the key and the request's own signature; see ``RequestVerifier/verify(_:)``.
    public func verify(with verifier: RequestVerifier) -> Result<VerifiedRequest, CheckFailure> {
        verifier.verify([self])[0]
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
