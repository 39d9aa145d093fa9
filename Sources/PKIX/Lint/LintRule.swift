/// A rule for certificates that can be checked by reading one.
public struct LintRule: Sendable, Hashable {
    /// How much a breach weighs.
    public enum Severity: String, Sendable, CaseIterable {
        /// A MUST of the standard, or too weak: the certificate is not accepted.
        case error
        /// A SHOULD of the standard, or something that verifiers may stumble over.
        case warning
    }

    /// Stable, lower case with hyphens.
    public let code: String
    public let severity: Severity
    /// The standard and its section.
    public let reference: String
    /// What has to be so, a clause that may follow «expected that».
    public let statement: String

    /// - Parameter statement: lower case without a full stop.
    public init(_ code: String, _ severity: Severity, _ reference: String, _ statement: String) {
        self.code = code
        self.severity = severity
        self.reference = reference
        self.statement = statement
    }

    private init(_ code: String, _ severity: Severity, section: String, _ statement: String) {
        self.init(code, severity, "RFC 5280 section " + section, statement)
    }
}

/// A breach of a rule.
public struct LintFinding: Sendable, Hashable {
    public let rule: LintRule
    /// What was expected and what was found; lower case without a full stop.
    public let message: String
    public let severity: LintRule.Severity

    /// - Parameters:
    ///   - found: what is there instead; nil where the rule says it all.
    ///   - reason: more about it, in words of its own.
    public init(_ rule: LintRule, _ found: String? = nil, reason: String? = nil) {
        self.rule = rule
        message =
            "expected that " + rule.statement + (found.map { ", found " + $0 } ?? "")
            + (reason.map { ": " + $0 } ?? "")
        severity = rule.severity
    }

    /// The same with another weight.
    public func weighing(_ severity: LintRule.Severity) -> LintFinding {
        LintFinding(rule: rule, message: message, severity: severity)
    }

    private init(rule: LintRule, message: String, severity: LintRule.Severity) {
        self.rule = rule
        self.message = message
        self.severity = severity
    }
}

// MARK: The rules

extension LintRule {
    static let version = LintRule(
        "version", .error, section: "4.1.2.1", "a certificate with extensions is of version 3")
    static let oldVersion = LintRule(
        "version-old", .warning, section: "4.1.2.1", "a certificate is of version 3")
    static let serialNumber = LintRule(
        "serial-number", .error, section: "4.1.2.2",
        "the serial number is positive and at most 20 octets long")
    static let signatureAlgorithms = LintRule(
        "signature-algorithm-mismatch", .error, section: "4.1.1.2",
        "the signature algorithm is the same inside and outside")
    static let signatureAlgorithm = LintRule(
        "signature-algorithm", .error, "RFC 5758 section 3.2, RFC 4055 section 5",
        "the signature algorithm is encoded as its standard says")
    static let signatureWeak = LintRule(
        "signature-algorithm-weak", .error, "RFC 6151, RFC 6194", "the signature is made with SHA-2")
    static let signatureUnknown = LintRule(
        "signature-algorithm-unknown", .warning, section: "4.1.1.2",
        "the signature algorithm is one that is in use")
    static let nameMalformed = LintRule(
        "name-malformed", .error, section: "4.1.2.4", "a name is a list of attributes with character strings")
    static let issuerEmpty = LintRule(
        "issuer-empty", .error, section: "4.1.2.4", "the issuer has a name")
    static let subjectEmpty = LintRule(
        "subject-empty", .error, section: "4.1.2.6",
        "a certificate has a subject, or a critical alternative name if it is no CA")
    static let nameAttribute = LintRule(
        "name-attribute", .error, "RFC 5280 appendix A.1",
        "the attributes of a name keep their bounds and hold no control characters")
    static let nameString = LintRule(
        "name-string-type", .warning, section: "4.1.2.4",
        "the attributes of a name are UTF8String or PrintableString")
    static let validityEncoding = LintRule(
        "validity-encoding", .error, section: "4.1.2.5",
        "times are UTCTime through 2049 and GeneralizedTime from 2050 on, with seconds, in UTC")
    static let validityOrder = LintRule(
        "validity-order", .error, section: "4.1.2.5", "the validity ends after it begins")
    static let keyEncoding = LintRule(
        "key-encoding", .error,
        "RFC 5480 section 2, RFC 8410 section 4, RFC 3279 section 2.3.1, RFC 9881, RFC 9909, RFC 9935",
        "the key is of a known type and encoded as its standard says")
    static let keyUnknown = LintRule(
        "key-not-judged", .warning, section: "4.1.2.7",
        "the key is on P-256, P-384 or P-521, or of RSA, Ed25519, ML-DSA, SLH-DSA or ML-KEM, whose encoding is judged"
    )
    static let keyWeak = LintRule(
        "key-weak", .error, "NIST SP 800-131A section 3", "an RSA key has at least 2048 bits")
    static let uniqueIdentifier = LintRule(
        "unique-identifier", .error, section: "4.1.2.8", "there are no unique identifiers")
    static let extensionsEmpty = LintRule(
        "extensions-empty", .error, section: "4.1.2.9", "a list of extensions is not empty")
    static let extensionTwice = LintRule(
        "extension-twice", .error, section: "4.2", "no extension occurs twice")
    static let extensionDefault = LintRule(
        "extension-critical-false", .error, "X.690 section 11.5", "critical is not written where it is FALSE")
    static let extensionMalformed = LintRule(
        "extension-malformed", .error, section: "4.2.1", "the value of an extension is of its type")
    static let extensionUnknown = LintRule(
        "extension-unknown-critical", .warning, section: "4.2",
        "a critical extension is one that verifiers know")
    /// RFC 5280 wants it of conforming CAs; the nRF Cloud utilities leave it out.
    public static let authorityKeyIdentifier = LintRule(
        "authority-key-identifier-missing", .error, section: "4.2.1.1",
        "a certificate that is not self-signed names its issuer's key by a keyIdentifier")
    static let subjectKeyIdentifierOfCA = LintRule(
        "subject-key-identifier-missing", .error, section: "4.2.1.2", "a CA has a subject key identifier")
    /// RFC 5280 advises it.
    public static let subjectKeyIdentifier = LintRule(
        "subject-key-identifier-absent", .warning, section: "4.2.1.2",
        "a certificate has a subject key identifier")
    static let identifierCritical = LintRule(
        "key-identifier-critical", .error, section: "4.2.1.1, 4.2.1.2", "key identifiers are not critical")
    static let keyUsageOfCA = LintRule(
        "key-usage-missing", .error, section: "4.2.1.3", "a CA has a key usage")
    static let keyUsageCritical = LintRule(
        "key-usage-not-critical", .warning, section: "4.2.1.3", "the key usage is critical")
    static let keyUsageSigning = LintRule(
        "key-usage-not-for-certificates", .error, section: "4.2.1.3, 4.2.1.9",
        "keyCertSign and CA:TRUE stand together")
    static let keyUsageOfKey = LintRule(
        "key-usage-of-key", .error, "RFC 8813 section 3, RFC 9295 section 3, RFC 9881, RFC 9909, RFC 9935",
        "the key usage is one that a key of this type can serve")
    static let keyUsageAgreement = LintRule(
        "key-usage-agreement", .error, section: "4.2.1.3",
        "encipherOnly and decipherOnly go with keyAgreement")
    static let constraintsCritical = LintRule(
        "basic-constraints-not-critical", .error, section: "4.2.1.9",
        "the basic constraints of a CA are critical")
    static let pathLength = LintRule(
        "path-length", .error, section: "4.2.1.9", "only a CA that signs certificates has a path length")
    static let purposeAny = LintRule(
        "extended-key-usage-any", .warning, section: "4.2.1.12",
        "key purposes are named")
    static let purposeUsage = LintRule(
        "extended-key-usage-mismatch", .error, section: "4.2.1.12",
        "the key usage allows what the key purposes need")
    static let alternativeNameCritical = LintRule(
        "subject-alternative-name-critical", .warning, section: "4.2.1.6",
        "an alternative name beside a subject is not critical")
    static let constraintsOnNames = LintRule(
        "name-constraints", .error, section: "4.2.1.10", "name constraints are critical and in a CA only")
    static let policyCritical = LintRule(
        "policy-constraints-not-critical", .error, section: "4.2.1.11, 4.2.1.14",
        "policy constraints and inhibitAnyPolicy are critical")
    static let accessCritical = LintRule(
        "authority-information-access-critical", .error, section: "4.2.2.1",
        "authority information access is not critical")
    static let distributionCritical = LintRule(
        "distribution-points-critical", .warning, section: "4.2.1.13",
        "CRL distribution points are not critical")

    /// All rules of standards, in the order of a certificate.
    public static let all: [LintRule] = [
        version, oldVersion, serialNumber, signatureAlgorithms, signatureAlgorithm, signatureWeak,
        signatureUnknown, nameMalformed, issuerEmpty, subjectEmpty, nameAttribute, nameString,
        validityEncoding, validityOrder, keyEncoding, keyUnknown, keyWeak, uniqueIdentifier, extensionsEmpty,
        extensionTwice, extensionDefault, extensionMalformed, extensionUnknown, authorityKeyIdentifier,
        subjectKeyIdentifierOfCA, subjectKeyIdentifier, identifierCritical, keyUsageOfCA, keyUsageCritical,
        keyUsageSigning, keyUsageOfKey, keyUsageAgreement, constraintsCritical, pathLength, purposeAny,
        purposeUsage, alternativeNameCritical, constraintsOnNames, policyCritical, accessCritical,
        distributionCritical,
    ]
}
