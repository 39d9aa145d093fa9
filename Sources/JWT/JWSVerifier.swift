import Diagnostics
import OpenSSL

/// Verifies the signature of a JWS under a key that the caller has chosen. One per worker: it owns OpenSSL contexts.
final class JWSVerifier {
    private let p256: P256Verifier

    init() throws(OpenSSLError) { p256 = try P256Verifier() }

    /// The first reason why header, key or signature is not good, none for a signature that verifies; and the key as far as
    /// one was found. Those of a block take less time than one by one.
    ///
    /// - Parameter allowed: the algorithms of which a token may name one.
    /// - Parameter choose: the key for a token of the block, by its place.
    func check(
        _ block: [CompactJWS], allowed: Set<JWSAlgorithm>,
        choose: (Int, JWSAlgorithm) -> Result<JWTKey, CheckFailure>
    ) -> [(failure: CheckFailure?, key: JWTKey?)] {
        var steps: [Step] = []
        steps.reserveCapacity(block.count)
        var claims: [P256Claim] = []
        for (place, jws) in block.enumerated() {
            let step = Self.step(jws, allowed) { choose(place, $0) }
            if case .claim(_, let claim) = step { claims.append(claim) }
            steps.append(step)
        }
        var verdicts = p256.verify(claims).makeIterator()
        return steps.map { step in
            switch step {
            case .refused(let failure, let key): (failure, key)
            case .claim(let key, _): (verdicts.next() == true ? nil : Self.wrongSignature, key)
            case .misshapen(let reason, let key): (CheckFailure(.signature, reason), key)
            case .judged(let isValid, let key): (isValid ? nil : Self.wrongSignature, key)
            }
        }
    }

    private static let wrongSignature = CheckFailure(.signature, "signature does not verify under the key")

    private enum Step {
        case refused(CheckFailure, JWTKey?)
        case claim(JWTKey, P256Claim)
        /// A signature that no key makes in this form.
        case misshapen(String, JWTKey)
        case judged(isValid: Bool, JWTKey)
    }

    private static func step(
        _ jws: CompactJWS, _ allowed: Set<JWSAlgorithm>,
        _ choose: (JWSAlgorithm) -> Result<JWTKey, CheckFailure>
    ) -> Step {
        guard let algorithm = JWSAlgorithm(rawValue: jws.header.algorithm), allowed.contains(algorithm) else {
            let expected = JWSAlgorithm.allCases.filter { allowed.contains($0) }.map(\.rawValue)
            return .refused(
                CheckFailure(
                    .algorithm,
                    "expected alg \(expected.joined(separator: " or ")), found \(jws.header.algorithm.shown)"),
                nil)
        }
        if let failure = jws.header.extensionFailure { return .refused(failure, nil) }
        let key: JWTKey
        switch choose(algorithm) {
        case .success(let found): key = found.withKid()
        case .failure(let failure): return .refused(failure, nil)
        }
        guard key.suits(algorithm) else {
            return .refused(
                CheckFailure(.algorithm, "the token says \(algorithm.rawValue), the key is \(key.purpose)"),
                key)
        }
        if let keyID = jws.header.keyID, !key.isNamed(keyID) {
            return .refused(
                CheckFailure(.kidMismatch, "the token's kid \(keyID.shown) does not name the key"), key)
        }
        if let width = algorithm.coordinateWidth, jws.signature.count != 2 * width {
            return .misshapen(
                "expected a signature of \(2 * width) octets, r and s (RFC 7518 section 3.4), found "
                    + (ECDSASignature.isDER(jws.signature)
                        ? "\(jws.signature.count) octets of DER" : "\(jws.signature.count) octets"),
                key)
        }
        switch key.material {
        case .point(let point):
            return .claim(
                key,
                P256Claim(
                    signature: jws.signature[...], digest: Digest.sha256(jws.signingInput), key: point))
        case .other(let material, _):
            guard let signature = encoded(jws.signature, algorithm, material.kind) else {
                return .judged(isValid: false, key)
            }
            return .judged(
                isValid: material.isValid(
                    signature: signature, over: Array(jws.signingInput), algorithm: algorithm.scheme), key)
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
