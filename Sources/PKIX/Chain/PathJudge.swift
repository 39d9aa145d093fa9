import Diagnostics
import OpenSSL

/// Answers one question about one certificate: is there a path that verifies?
struct PathJudge {
    let question: ChainQuestion
    let anchors: ChainAnchors
    let pools: [ChainPool]
    let lists: RevocationLists
    /// How many judges of signers of lists stand above this one.
    var level = 0

    func verify(_ leaf: ChainMember) -> Result<VerifiedChain, CheckFailure> {
        var search = PathSearch(anchors, pools, question)
        var best: VerifiedChain?
        var failure: CheckFailure?
        search.visitPaths(from: leaf) { path in
            switch judge(path, leaf) {
            case .failure(let reason): failure = failure ?? reason
            case .success(let chain):
                if best.map({ Self.burden(chain) < Self.burden($0) }) ?? true { best = chain }
            }
            return best.map { Self.burden($0) > (0, 0) } ?? true
        }
        if let best { return .success(best) }
        return .failure(failure ?? search.deadEnd ?? CheckFailure(.chain, "no path leads to a trusted CA"))
    }

    private static func burden(_ chain: VerifiedChain) -> (Int, Int) {
        (chain.weaknesses.count, chain.warnings.count)
    }

    private func judge(_ path: CandidatePath, _ leaf: ChainMember) -> Result<VerifiedChain, CheckFailure> {
        let members = path.all
        if let failure = linkFailure(members) ?? PathBounds.objection(to: members)
            ?? path.anchor.anchor.objection(
                to: path.members.map(\.certificate), at: question.time, purpose: question.purpose,
                name: question.name) ?? memberFailure(members)
        {
            return .failure(failure)
        }
        if question.purpose == .ca, !leaf.certificate.mayIssue {
            return .failure(Self.failure("not a CA certificate", 0, leaf))
        }
        var weaknesses = members.enumerated().flatMap { depth, member in
            member.certificate.weaknesses(
                isAnchor: depth == members.count - 1, "certificate \(depth), \(member.certificate.subject)")
        }
        var warnings = members.enumerated().flatMap { depth, member in
            Self.warnings(of: member, "certificate \(depth), \(member.certificate.subject)")
        }
        switch RevocationCheck(judge: self, path: path).verdict() {
        case .failure(let failure): return .failure(failure)
        case .success(let notes):
            weaknesses += notes.weaknesses.filter { !weaknesses.contains($0) }
            warnings += notes.warnings.filter { !warnings.contains($0) }
        }
        return .success(
            VerifiedChain(
                checked: members.map(\.certificate), leaf.certificate, path.anchor.member.certificate,
                weaknesses: weaknesses, warnings: warnings))
    }

    static func failure(
        _ reason: String, _ depth: Int, _ member: ChainMember, _ code: ErrorCode = .chain
    ) -> CheckFailure {
        CheckFailure(code, "\(reason) (certificate \(depth), \(member.certificate.subject))")
    }

    /// What libcrypto would call an issuer that is not found.
    private func linkFailure(_ members: [ChainMember]) -> CheckFailure? {
        for (depth, member) in members.enumerated().dropFirst() {
            if members[depth - 1].identifierRank(member) == 2 {
                return Self.failure(
                    "authority key identifier is not the issuer's subject key identifier", depth - 1,
                    members[depth - 1])
            }
            if let usage = member.certificate.keyUsage, !usage.contains("keyCertSign") {
                return Self.failure("key usage does not include keyCertSign", depth, member)
            }
        }
        return nil
    }

    /// Dates first, in the order of the chain from the anchor, as one looks for them.
    private func memberFailure(_ members: [ChainMember]) -> CheckFailure? {
        for (depth, member) in members.enumerated().reversed() where !member.isValid(at: question.time) {
            let isEarly = question.time < member.certificate.notBefore
            return Self.failure(
                isEarly ? "certificate is not yet valid" : "certificate has expired", depth, member, .validity
            )
        }
        for (depth, member) in members.enumerated() {
            let isAnchor = depth == members.count - 1
            // The one rule about keys.
            do throws(OpenSSLError) { _ = try member.certificate.publicKey() } catch {
                return Self.failure(error.message, depth, member, .csrKey)
            }
            if let reason = unfitness(of: member, isAnchor: isAnchor) {
                return Self.failure(reason, depth, member)
            }
        }
        return nil
    }

    /// What libcrypto lets pass and we do not; nil if nothing.
    private func unfitness(of member: ChainMember, isAnchor: Bool) -> String? {
        let certificate = member.certificate
        guard let reading = member.reading else { return "not in DER" }
        if let reason = reading.unsoundness ?? reading.malformedExtension { return reason }
        if isAnchor, !certificate.mayIssue { return "the trust anchor is not a CA certificate" }
        // Nobody relies on an anchor's own signature.
        let least = question.time < X509Certificate.endOfSHA1 ? 63 : 80
        if !isAnchor, certificate.signatureStrength < least {
            return "signature is made with a hash that is too weak: \(certificate.signatureAlgorithm)"
        }
        // libcrypto takes «server gated crypto» of the nineties for serverAuth.
        if let needed = question.purpose.keyPurpose, let purposes = certificate.extendedKeyUsage,
            !purposes.contains(needed)
        {
            return "extended key usage does not include the purpose"
        }
        if reading.issuerName?.isEmpty ?? true { return "the issuer has no name" }
        if reading.subjectName?.isEmpty ?? true, certificate.isCA || !certificate.hasAlternativeName {
            return "the subject has no name"
        }
        if !certificate.isCA, reading.value(of: .nameConstraints) != nil {
            return "name constraints in a certificate that is not a CA's (RFC 5280 section 4.2.1.10)"
        }
        if certificate.hasEmptyNameConstraints { return "name constraints are empty" }
        return certificate.hasSoundExtensions ? nil : "an extension is malformed"
    }

    /// The MUSTs of RFC 5280 that a certificate breaks; what is weak has its own list.
    private static func warnings(of member: ChainMember, _ place: String) -> [ChainWarning] {
        guard let reading = member.reading else { return [] }
        return CertificateRules.findings(in: reading, judgesKey: false).compactMap { finding in
            finding.severity == .error && !LintRule.weak.contains(finding.rule)
                ? ChainWarning(finding, place) : nil
        }
    }
}

extension X509Certificate {
    /// Whether it may issue certificates: a CA whose key usage, if stated, includes keyCertSign.
    var mayIssue: Bool { isCA && (keyUsage?.contains("keyCertSign") ?? true) }

    var hasAlternativeName: Bool { !subjectAlternativeNames.isEmpty }

    /// What is sound but no longer strong.
    func weaknesses(isAnchor: Bool, _ place: String) -> [String] {
        var found: [String] = []
        if case .rsa(let bits) = try? publicKey().kind, bits < 2048 {
            found.append("RSA key of \(bits) bits (\(place))")
        }
        if !isAnchor, signatureStrength < 80 {
            found.append("signature with \(signatureAlgorithm) over a weak hash (\(place))")
        }
        return found
    }
}
