public import Diagnostics
public import OpenSSL

/// A chain that was verified, from the leaf to the trust anchor. Only ``CertificateChainVerifier`` can make one.
public struct VerifiedChain: Sendable {
    /// The leaf first, the trust anchor last; a leaf that is itself an anchor stands alone.
    public let certificates: [X509Certificate]
    /// The certificate that was asked about.
    public let leaf: X509Certificate
    /// The trust anchor in which the chain ends.
    public let anchor: X509Certificate
    /// What is sound but no longer strong: RSA keys below 2048 bits and SHA-1 signatures, one sentence each. The
    /// anchor's own signature does not count.
    public let weaknesses: [String]
    /// What RFC 5280 forbids a CA to issue and does not ask of who verifies.
    public let warnings: [ChainWarning]

    init(
        checked certificates: [X509Certificate], _ leaf: X509Certificate, _ anchor: X509Certificate,
        weaknesses: [String], warnings: [ChainWarning]
    ) {
        self.certificates = certificates
        self.leaf = leaf
        self.anchor = anchor
        self.weaknesses = weaknesses
        self.warnings = warnings
    }
}

/// A breach of a rule for CAs that does not make a chain invalid.
public struct ChainWarning: Sendable, Hashable {
    /// The code of a ``LintRule``.
    public let code: String
    public let message: String

    /// - Parameter place: which certificate or list it is about.
    init(_ finding: LintFinding, _ place: String) {
        code = finding.rule.code
        message = "\(finding.message), \(finding.rule.reference) (\(place))"
    }
}

/// Verifies chains to given trust anchors by RFC 5280 section 6.
///
/// Paths are looked for here, and each is given to libcrypto as it is (``X509Anchor``): the verdict is whether one of
/// them verifies, whatever the order of the certificates. What libcrypto does not ask, or not alike in all its versions,
/// is asked here: dates, keys, key identifiers, revocation (``RevocationCheck``).
///
/// A trust anchor is any CA certificate that the caller names, self-signed or not. Its own dates, key usage and
/// key purposes count like those of the others: a CA that forgets to renew its root notices here first.
public final class CertificateChainVerifier: Sendable {
    /// The most intermediates between leaf and anchor unless the caller says otherwise.
    public static let defaultMaximumDepth = 10

    private let anchors: ChainAnchors
    private let pool: ChainPool
    private let lists: RevocationLists

    /// A verifier that trusts `anchors` and nothing else.
    ///
    /// - Parameters:
    ///   - intermediates: not trusted; offered to every chain.
    ///   - revocationLists: where there are any, the leaf must be covered by one of its issuer's, and so must an
    ///     intermediate whose issuer has one among them.
    public init(
        anchors: [X509Certificate], intermediates: [X509Certificate] = [],
        revocationLists: [RevocationList] = []
    ) throws(OpenSSLError) {
        self.anchors = try ChainAnchors(anchors)
        pool = ChainPool(intermediates, besides: self.anchors.encodings)
        lists = RevocationLists(revocationLists)
    }

    /// Finds and verifies a chain from `leaf` over any of `intermediates`, which are not trusted, to an anchor.
    ///
    /// - Parameters:
    ///   - time: Seconds since 1970; every certificate of the chain has to be valid then.
    ///   - maximumDepth: The most intermediates between leaf and anchor.
    /// - Returns: The chain with the fewest weaknesses and warnings, or why the likeliest is none: `validity`, `revoked`
    ///   or `chain`, with the position in the chain (0 is the leaf) and the subject there.
    public func verify(
        _ leaf: X509Certificate, intermediates: [X509Certificate] = [], at time: Int64,
        purpose: CertificatePurpose, name: ExpectedName? = nil, maximumDepth: Int = defaultMaximumDepth
    ) -> Result<VerifiedChain, CheckFailure> {
        let judge = PathJudge(
            question: ChainQuestion(time: time, purpose: purpose, name: name, maximumDepth: maximumDepth),
            anchors: anchors, pools: [ChainPool(intermediates, besides: anchors.encodings), pool],
            lists: lists)
        return judge.verify(ChainMember(leaf))
    }
}

/// What is asked of a chain.
struct ChainQuestion: Sendable {
    /// Seconds since 1970.
    let time: Int64
    let purpose: CertificatePurpose
    let name: ExpectedName?
    let maximumDepth: Int
}

/// The anchors by the names of their subjects.
struct ChainAnchors: Sendable {
    struct Anchor: Sendable {
        let member: ChainMember
        let anchor: X509Anchor
    }

    private let anchors: [CanonicalName: [Anchor]]
    /// The DER of all.
    let encodings: Set<[UInt8]>

    init(_ certificates: [X509Certificate]) throws(OpenSSLError) {
        var anchors: [CanonicalName: [Anchor]] = [:]
        var encodings: Set<[UInt8]> = []
        for certificate in certificates where encodings.insert(certificate.der).inserted {
            let member = ChainMember(certificate)
            guard let subject = member.subject else {
                throw OpenSSLError("reading the name of a trust anchor")
            }
            anchors[subject, default: []].append(
                Anchor(member: member, anchor: try X509Anchor(certificate)))
        }
        self.anchors = anchors
        self.encodings = encodings
    }

    /// One of them alone.
    init(only anchor: Anchor) {
        anchors = anchor.member.subject.map { [$0: [anchor]] } ?? [:]
        encodings = [anchor.member.certificate.der]
    }

    func named(_ name: CanonicalName?) -> [Anchor] { name.flatMap { anchors[$0] } ?? [] }
}
