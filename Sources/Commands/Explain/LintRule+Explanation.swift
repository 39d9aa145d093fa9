import CertificateAuthority
import Diagnostics
import PKIX

extension LintRule {
    /// Every rule whose code the program prints: in the findings of `cert lint`, and in the warnings of `cert verify`.
    static let explained = allWithProfile + revocationLists

    /// The text of `assay explain CODE`. What the rule is, stands in the rule; why it is broken and what to do is the same
    /// for all of a kind.
    var explanation: Explanation {
        let kind = kind
        return Explanation(
            meaning:
                "\(severity == .error ? "A rule" : "An advice") is not kept: it is expected that \(statement) "
                + "(\(reference)).",
            causes: kind.causes, remedy: kind.remedy)
    }

    private typealias Kind = (causes: [String], remedy: String)

    private var kind: Kind {
        if LintRule.revocationLists.contains(self) { return Self.ofList }
        if !LintRule.all.contains(self) {
            return reference.hasPrefix("profile") ? Self.ofProfile : Self.ofIssuer
        }
        return severity == .error ? Self.ofStandard : Self.ofAdvice
    }

    private static let ofStandard: Kind = (
        causes: [
            "The software that made the certificate does not follow the standard.",
            "A template, such as openssl.cnf, asks for what the rule forbids, or leaves out what it wants.",
            "The certificate is old: what is too weak today was common.",
        ],
        remedy:
            "Have the certificate made anew so that it keeps the rule; those of assay ca issue do. assay cert inspect shows "
            + "what is in the certificate. Of a CA whose devices are in the field it is a warning of assay cert verify, "
            + "and a rejection with --strict only."
    )

    private static let ofAdvice: Kind = (
        causes: [
            "The software that made the certificate leaves out, or puts in, what a standard only advises on.",
            "The certificate has something that this program does not judge.",
        ],
        remedy:
            "The certificate is accepted. Where you say how it is made, follow the advice; verifiers differ in what "
            + "they make of it otherwise."
    )

    private static let ofProfile: Kind = (
        causes: [
            "The certificate was issued under another profile; --profile names the one it is held against.",
            "The profile was changed after the certificate was issued.",
            "The certificate was not issued by assay.",
        ],
        remedy:
            "Compare assay cert inspect with the profile in the profiles.json of the CA's folder. assay ca issue "
            + "--reissue makes a certificate by the profile as it is now."
    )

    private static let ofIssuer: Kind = (
        causes: [
            "The certificate is another CA's than the one that --ca names.",
            "The CA has a new certificate or key since.",
            "The certificate was altered.",
        ],
        remedy:
            "Name the CA that issued the certificate with --ca; assay cert inspect shows issuer, key identifiers and "
            + "validity of both."
    )

    private static let ofList: Kind = (
        causes: [
            "The software of the CA does not write revocation lists as RFC 5280 section 5 asks.",
            "The list is an old one, of version 1.",
        ],
        remedy:
            "The list counts all the same, unless --strict is said. Ask the CA for a list that keeps the rule; those "
            + "of assay ca crl do."
    )
}
