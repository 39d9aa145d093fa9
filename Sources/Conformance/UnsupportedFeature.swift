/// What Assay does not do, written down once: a case that needs it is skipped.
///
/// | feature | why |
/// | --- | --- |
/// | `json:duplicate-keys` | refused on purpose: which of two members is meant is anybody's guess |
/// | `weak-hash` | refused on purpose: SHA-1 and MD5 no longer protect a signature |
/// | `alg:HS256`, `alg:HS384`, `alg:HS512` | refused on purpose: who verifies with a shared secret can sign with it |
/// | `ed448`, `alg:Ed448` | refused on purpose: no device, service or CA of this field uses it |
/// | `dsa` | refused on purpose: withdrawn by FIPS 186-5 |
/// | `cose:curve-hash-mix` | refused on purpose: each ES algorithm goes with its own curve (RFC 9864) |
/// | `alg:ES256K` | refused on purpose: secp256k1 is no curve of this field |
/// | `alg:ES521` | no registered algorithm has this name (RFC 7518 §3.1) |
public enum UnsupportedFeature {
    /// The features with the reason that is printed.
    public static let reasons: [String: String] = [
        "json:duplicate-keys": "a member name given twice is refused on purpose",
        "weak-hash": "signatures made with SHA-1 or MD5 are refused on purpose",
        "alg:HS256": "HMAC is refused on purpose", "alg:HS384": "HMAC is refused on purpose",
        "alg:HS512": "HMAC is refused on purpose",
        "ed448": "Ed448 keys are refused on purpose", "alg:Ed448": "Ed448 keys are refused on purpose",
        "dsa": "DSA keys are refused on purpose",
        "cose:curve-hash-mix": "each ES algorithm goes with its own curve (RFC 9864)",
        "alg:ES256K": "keys on secp256k1 are refused on purpose",
        "alg:ES521": "no algorithm has this name",
    ]

    /// The table as lines of `feature: reason`, in the order of the names.
    public static var text: String {
        reasons.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
    }

    /// The first of `features` that is not supported, with the reason.
    static func first(of features: [String]) -> Skip? {
        for feature in features {
            if let reason = reasons[feature] { return Skip(feature: feature, reason: reason) }
        }
        return nil
    }
}

/// Why a case was not judged.
struct Skip: Sendable, Equatable {
    let feature: String
    let reason: String
}
