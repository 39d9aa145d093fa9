import Diagnostics
import OpenSSL

/// A path that may be one: from the certificate asked about to an anchor.
struct CandidatePath {
    /// The leaf first, without the anchor; empty where the leaf is the anchor.
    let members: [ChainMember]
    let anchor: ChainAnchors.Anchor

    /// The anchor last.
    var all: [ChainMember] { members + [anchor.member] }
}

/// Goes through the paths from a certificate to the anchors, the likeliest first. The order of what is given does not
/// matter: candidates are sorted by what they say.
///
/// Bounded: certificates of one name in numbers make as many paths as one likes.
struct PathSearch {
    /// The most paths that are tried, and the most signatures that are verified to choose between issuers.
    static let maximumPaths = 64
    static let maximumSignatures = 256

    private let anchors: ChainAnchors
    private let pools: [ChainPool]
    private let question: ChainQuestion
    private var signatures: [Pair: Bool] = [:]
    private var paths = 0
    /// Why the likeliest path did not reach an anchor.
    private(set) var deadEnd: CheckFailure?

    private struct Pair: Hashable {
        let subject: ObjectIdentifier
        let issuer: ObjectIdentifier
    }

    private struct Candidate {
        let member: ChainMember
        let anchor: ChainAnchors.Anchor?
    }

    init(_ anchors: ChainAnchors, _ pools: [ChainPool], _ question: ChainQuestion) {
        self.anchors = anchors
        self.pools = pools
        self.question = question
    }

    /// Shows `visit` each path from `leaf` until it answers false.
    mutating func visitPaths(from leaf: ChainMember, _ visit: (CandidatePath) -> Bool) {
        if let own = anchors.named(leaf.subject).first(where: { $0.member.certificate == leaf.certificate }),
            !show(CandidatePath(members: [], anchor: own), visit)
        {
            return
        }
        _ = extend([leaf], visit)
    }

    /// False when the search is over.
    private mutating func extend(_ path: [ChainMember], _ visit: (CandidatePath) -> Bool) -> Bool {
        guard let last = path.last else { return true }
        if path.count == 1, last.certificate.isSelfSigned {
            note("self-signed certificate", path)
            return true
        }
        guard let candidates = candidates(for: last, path) else {
            deadEnd = CheckFailure(
                .chain, "too many certificates have the name of the issuer (\(Self.place(path)))")
            return false
        }
        if candidates.isEmpty {
            if let issuer = last.issuer, pools.contains(where: { $0.leftOut.contains(issuer) }) {
                let place = "certificate \(path.count), \(last.certificate.issuer)"
                deadEnd =
                    deadEnd
                    ?? CheckFailure(.chain, "self-signed certificate in certificate chain (\(place))")
            }
            note("unable to get local issuer certificate", path)
        }
        for candidate in candidates {
            if let anchor = candidate.anchor {
                if !show(CandidatePath(members: path, anchor: anchor), visit) { return false }
            } else if path.count > max(0, question.maximumDepth) {
                note("certificate chain too long", path)
            } else if !extend(path + [candidate.member], visit) {
                return false
            }
        }
        return true
    }

    private mutating func show(_ path: CandidatePath, _ visit: (CandidatePath) -> Bool) -> Bool {
        paths += 1
        return visit(path) && paths < Self.maximumPaths
    }

    private mutating func note(_ reason: String, _ path: [ChainMember]) {
        if deadEnd == nil { deadEnd = CheckFailure(.chain, "\(reason) (\(Self.place(path)))") }
    }

    private static func place(_ path: [ChainMember]) -> String {
        "certificate \(path.count - 1), \(path.last?.certificate.subject ?? "")"
    }

    /// The certificates that may have issued `member`, the likeliest first; nil when they are too many to tell.
    private mutating func candidates(for member: ChainMember, _ path: [ChainMember]) -> [Candidate]? {
        var found = anchors.named(member.issuer).map { Candidate(member: $0.member, anchor: $0) }
        var seen = Set(found.map { $0.member.certificate.der })
        for certificate in path { seen.insert(certificate.certificate.der) }
        for pool in pools {
            for issuer in pool.named(member.issuer) where seen.insert(issuer.certificate.der).inserted {
                found.append(Candidate(member: issuer, anchor: nil))
            }
        }
        found.removeAll { candidate in path.contains { $0.certificate == candidate.member.certificate } }
        guard found.count > 1 else { return found }
        let time = question.time
        found.sort { left, right in
            let (first, second) = (left.member, right.member)
            let ranks = (member.identifierRank(first), member.identifierRank(second))
            if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
            if (left.anchor == nil) != (right.anchor == nil) { return left.anchor != nil }
            let valid = (first.isValid(at: time), second.isValid(at: time))
            if valid.0 != valid.1 { return valid.0 }
            let ends = (first.certificate.notAfter, second.certificate.notAfter)
            if ends.0 != ends.1 { return ends.0 > ends.1 }
            return first.certificate.der.lexicographicallyPrecedes(second.certificate.der)
        }
        var signers: [Candidate] = []
        for candidate in found {
            guard let signed = isSigned(member, by: candidate.member) else { return nil }
            if signed { signers.append(candidate) }
        }
        // None: the likeliest is kept, for which libcrypto says what is wrong.
        return signers.isEmpty ? Array(found.prefix(1)) : signers
    }

    private mutating func isSigned(_ member: ChainMember, by issuer: ChainMember) -> Bool? {
        let pair = Pair(subject: ObjectIdentifier(member), issuer: ObjectIdentifier(issuer))
        if let known = signatures[pair] { return known }
        guard signatures.count < Self.maximumSignatures else { return nil }
        let answer = member.certificate.isSigned(by: issuer.certificate)
        signatures[pair] = answer
        return answer
    }
}
