import OpenSSL

/// A certificate as paths are made of it: what is asked of it again and again is worked out once.
final class ChainMember: Sendable {
    let certificate: X509Certificate
    /// Nil for what is not DER throughout.
    let reading: CertificateReading?
    let subject: CanonicalName?
    let issuer: CanonicalName?

    init(_ certificate: X509Certificate) {
        self.certificate = certificate
        reading = try? CertificateReading(certificate: certificate.der)
        subject = CanonicalName(der: certificate.subjectDER)
        issuer = CanonicalName(der: certificate.issuerDER)
    }

    /// How well the key identifiers say that `other` issued this one: 0 yes, 1 nothing is said, 2 no.
    func identifierRank(_ other: ChainMember) -> Int {
        guard let named = certificate.authorityKeyIdentifier,
            let own = other.certificate.subjectKeyIdentifier
        else { return 1 }
        return named == own ? 0 : 2
    }

    /// Whether `time`, seconds since 1970, lies within the validity, both ends included (RFC 5280 section 4.1.2.5).
    func isValid(at time: Int64) -> Bool {
        certificate.notBefore <= time && time <= certificate.notAfter
    }
}

/// Certificates by the names of their subjects.
struct ChainPool: Sendable {
    private(set) var members: [CanonicalName: [ChainMember]] = [:]
    /// The names of those that were left out.
    private(set) var leftOut: Set<CanonicalName> = []

    /// - Parameter anchors: self-signed certificates that are none of these are left out: no path goes on from them, and
    ///   they would stand in the place of one from which a path does.
    init(_ certificates: [X509Certificate], besides anchors: Set<[UInt8]> = []) {
        var seen = anchors
        for certificate in certificates where seen.insert(certificate.der).inserted {
            let member = ChainMember(certificate)
            guard let subject = member.subject else { continue }
            if certificate.isSelfSigned {
                leftOut.insert(subject)
            } else {
                members[subject, default: []].append(member)
            }
        }
    }

    func named(_ name: CanonicalName?) -> [ChainMember] { name.flatMap { members[$0] } ?? [] }
}
