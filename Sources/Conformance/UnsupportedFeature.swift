/// What Assay does not do, written down once: a case that needs it is skipped.
///
/// | feature | why |
/// | --- | --- |
/// | `json:duplicate-keys` | refused on purpose: which of two members is meant is anybody's guess |
/// | `weak-hash` | refused on purpose: SHA-1 and MD5 no longer protect a signature |
/// | `policy` | certificate policies are not processed: no profile of Assay has any |
/// | `operation:jwt.verify` | tokens in JWT form are not judged yet |
public enum UnsupportedFeature {
    /// The features with the reason that is printed.
    public static let reasons: [String: String] = [
        "json:duplicate-keys": "a member name given twice is refused on purpose",
        "weak-hash": "signatures made with SHA-1 or MD5 are refused on purpose",
        "policy": "certificate policies are not processed",
        "operation:jwt.verify": "JWTs are not judged",
    ]

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
