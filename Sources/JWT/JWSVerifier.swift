import Diagnostics
import OpenSSL

/// Verifies the signature of a JWS under a key that the caller has chosen. One per worker: it owns OpenSSL contexts.
final class JWSVerifier {
    private let p256: P256Verifier

    init() throws(OpenSSLError) { p256 = try P256Verifier() }

    /// Says that `jws` is one of those that will be checked next; changes no verdict.
    func announce(_ jws: CompactJWS) { p256.announce(signature: jws.signature[...]) }

    /// The first reason why header, key or signature is not good; none means that the signature verifies.
    ///
    /// - Parameter allowed: the algorithms of which the token may name one.
    /// - Returns: the failure, and the key as far as one was found.
    func check(
        _ jws: CompactJWS, allowed: Set<JWSAlgorithm>, choose: (JWSAlgorithm) -> Result<JWTKey, CheckFailure>
    ) -> (failure: CheckFailure?, key: JWTKey?) {
        guard let algorithm = JWSAlgorithm(rawValue: jws.header.algorithm), allowed.contains(algorithm) else {
            let expected = JWSAlgorithm.allCases.filter { allowed.contains($0) }.map(\.rawValue)
            return (
                CheckFailure(
                    .algorithm,
                    "expected alg \(expected.joined(separator: " or ")), found \(jws.header.algorithm.shown)"),
                nil
            )
        }
        if let failure = jws.header.extensionFailure { return (failure, nil) }
        let key: JWTKey
        switch choose(algorithm) {
        case .success(let found): key = found.withKid()
        case .failure(let failure): return (failure, nil)
        }
        guard key.suits(algorithm) else {
            return (
                CheckFailure(.algorithm, "the token says \(algorithm.rawValue), the key is \(key.purpose)"),
                key
            )
        }
        if let keyID = jws.header.keyID, !key.isNamed(keyID) {
            return (CheckFailure(.kidMismatch, "the token's kid \(keyID.shown) does not name the key"), key)
        }
        guard isValid(jws, algorithm, key) else {
            return (CheckFailure(.signature, "signature does not verify under the key"), key)
        }
        return (nil, key)
    }

    private func isValid(_ jws: CompactJWS, _ algorithm: JWSAlgorithm, _ key: JWTKey) -> Bool {
        switch key.material {
        case .point(let point):
            return p256.isValid(
                signature: jws.signature[...], digest: Digest.sha256(jws.signingInput), key: point)
        case .other(let key, _):
            guard let signature = Self.encoded(jws.signature, algorithm, key.kind) else { return false }
            return key.isValid(
                signature: signature, over: Array(jws.signingInput), algorithm: algorithm.scheme)
        }
    }

    /// The signature as libcrypto takes it; `nil` if its length is not the one that the algorithm prescribes.
    private static func encoded(
        _ signature: [UInt8], _ algorithm: JWSAlgorithm, _ kind: PublicKey.Kind
    ) -> [UInt8]? {
        if let width = algorithm.coordinateWidth {
            return ECDSASignature.der(fromFixedWidth: signature[...], width: width)
        }
        switch kind {
        // libcrypto would take a PSS signature without its leading zeros (RFC 8017 section 8.1.2 step 1 does not).
        case .rsa(let bits): return signature.count == (bits + 7) / 8 ? signature : nil
        default: return signature
        }
    }
}
