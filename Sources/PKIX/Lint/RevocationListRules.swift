/// What RFC 5280 section 5 asks of an issuer of lists, said where a list is relied on.
extension LintRule {
    static let listVersion = LintRule(
        "crl-version", .error, "RFC 5280 section 5.1.2.1", "a revocation list is of version 2")
    static let listTimes = LintRule(
        "crl-time-encoding", .error, "RFC 5280 section 5.1.2.4",
        "times are UTCTime through 2049 and GeneralizedTime from 2050 on")
    static let listEntriesEmpty = LintRule(
        "crl-entries-empty", .error, "RFC 5280 section 5.1.2.6",
        "a revocation list that revokes nothing has no list of entries")
    static let listNumber = LintRule(
        "crl-number-missing", .error, "RFC 5280 section 5.2.3", "a revocation list has a number")
    static let listKeyIdentifier = LintRule(
        "crl-key-identifier-missing", .error, "RFC 5280 section 5.2.1",
        "a revocation list names its issuer's key")
    static let listSigner = LintRule(
        "crl-signer-key-usage", .error, "RFC 5280 section 4.2.1.3",
        "the key usage of a CA that signs revocation lists includes cRLSign")

    /// All of them.
    public static let revocationLists: [LintRule] = [
        listVersion, listTimes, listEntriesEmpty, listNumber, listKeyIdentifier, listSigner,
    ]

    /// Rules about strength, which have their own place in results.
    static let weak: Set<LintRule> = [signatureWeak, keyWeak]
}
