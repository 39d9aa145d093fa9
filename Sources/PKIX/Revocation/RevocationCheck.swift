import Diagnostics
import OpenSSL

/// Revocation lists by the names of their issuers.
struct RevocationLists: Sendable {
    private let lists: [CanonicalName: [RevocationList]]

    init(_ lists: [RevocationList]) {
        self.lists = Dictionary(grouping: lists) { $0.issuerName }
    }

    var isEmpty: Bool { lists.isEmpty }

    func named(_ issuer: CanonicalName?) -> [RevocationList] { issuer.flatMap { lists[$0] } ?? [] }
}

/// Asks every list of a certificate's issuer (RFC 5280 section 6.3).
///
/// One that revokes suffices, also after its nextUpdate or without one: nothing takes a revocation back but a newer
/// list, and which is newer is not decided by an order that anybody may have chosen. Only one in force can say that a
/// certificate is not revoked.
struct RevocationCheck {
    let judge: PathJudge
    let path: CandidatePath

    /// What is to be said of the lists that were relied on.
    struct Notes {
        var weaknesses: [String] = []
        var warnings: [ChainWarning] = []
    }

    /// A list is signed by the CA itself or by a key that a certificate of the same name stands for, whose own path
    /// may be covered by lists again.
    private static let maximumLevel = 2

    /// Why a list does not vouch for a certificate; of several reasons the first of these is said.
    private enum Doubt: String, CaseIterable {
        case unsigned = "CRL is not signed by its issuer"
        case weak = "CRL signature is made with SHA-1"
        case scope = "CRL does not cover the certificate (issuingDistributionPoint)"
        case over = "CRL has expired"
        case endless = "CRL has no nextUpdate and vouches for nothing"
        case early = "CRL is not yet valid"
    }

    func verdict() -> Result<Notes, CheckFailure> {
        var notes = Notes()
        guard !judge.lists.isEmpty else { return .success(notes) }
        let members = path.all
        for depth in 0..<(members.count - 1) {
            let lists = judge.lists.named(members[depth].issuer)
            if lists.isEmpty {
                // Of intermediates, and of signers of lists, only what is given counts.
                guard depth == 0, judge.level == 0 else { continue }
                return .failure(PathJudge.failure("unable to get certificate CRL", depth, members[depth]))
            }
            if let failure = failure(of: depth, members, lists, &notes) { return .failure(failure) }
        }
        return .success(notes)
    }

    private func failure(
        of depth: Int, _ members: [ChainMember], _ lists: [RevocationList], _ notes: inout Notes
    ) -> CheckFailure? {
        let member = members[depth]
        guard let reading = member.reading else { return PathJudge.failure("not in DER", depth, member) }
        let serial = reading.octets(reading.serial)
        var doubts: Set<Doubt> = []
        var isVouchedFor = false
        var isLeftOpen = judge.level > 0
        for list in lists {
            let revokes = list.revokes(serial)
            // What a list says of its own signer is asked only where it speaks against it.
            if judge.level > 0, !revokes, list.isSigned(by: member.certificate) { continue }
            isLeftOpen = false
            if let doubt = doubt(about: list, member, revokes) {
                doubts.insert(doubt)
                continue
            }
            guard let signer = signer(of: list, Array(members.dropFirst(depth + 1)), &notes) else {
                doubts.insert(.unsigned)
                continue
            }
            if revokes { return PathJudge.failure("certificate revoked", depth, member, .revoked) }
            isVouchedFor = true
            Self.note(list, signer, &notes)
        }
        if isVouchedFor || isLeftOpen { return nil }
        let reason = Doubt.allCases.first(where: doubts.contains)?.rawValue ?? "unable to get certificate CRL"
        return PathJudge.failure(reason, depth, member)
    }

    /// Why a list is not to be asked; nil if it is. One that revokes is asked whatever its scope and its end.
    private func doubt(about list: RevocationList, _ member: ChainMember, _ revokes: Bool) -> Doubt? {
        let time = judge.question.time
        if list.thisUpdate > time { return .early }
        if !revokes {
            guard list.nextUpdate != nil else { return .endless }
            guard list.isInForce(at: time) else { return .over }
            guard list.scope.covers(member) else { return .scope }
        }
        return list.isWeak && time >= X509Certificate.endOfSHA1 ? .weak : nil
    }

    private static func note(_ list: RevocationList, _ signer: ChainMember, _ notes: inout Notes) {
        let place = "revocation list of \(list.issuer)"
        if list.isWeak { notes.weaknesses.append("signature over a weak hash (\(place))") }
        var found = list.findings
        if signer.certificate.keyUsage == nil { found.append(LintFinding(.listSigner)) }
        for finding in found {
            let warning = ChainWarning(finding, place)
            if !notes.warnings.contains(warning) { notes.warnings.append(warning) }
        }
    }

    // MARK: Signers

    /// The certificate whose key signed the list and may: one above in the path, or one of the list's issuer with a path
    /// of its own to the same anchor.
    private func signer(
        of list: RevocationList, _ above: [ChainMember], _ notes: inout Notes
    ) -> ChainMember? {
        for member in above where member.subject == list.issuerName {
            if Self.maySign(member), list.isSigned(by: member.certificate) { return member }
        }
        guard judge.level < Self.maximumLevel else { return nil }
        var others = judge.anchors.named(list.issuerName).map(\.member)
        for pool in judge.pools { others += pool.named(list.issuerName) }
        for member in others.prefix(PathSearch.maximumPaths)
        where Self.maySign(member) && list.isSigned(by: member.certificate) {
            var other = PathJudge(
                question: ChainQuestion(
                    time: judge.question.time, purpose: .any, name: nil,
                    maximumDepth: judge.question.maximumDepth),
                anchors: ChainAnchors(only: path.anchor), pools: judge.pools, lists: judge.lists)
            other.level = judge.level + 1
            guard case .success(let chain) = other.verify(member) else { continue }
            notes.weaknesses += chain.weaknesses.filter { !notes.weaknesses.contains($0) }
            notes.warnings += chain.warnings.filter { !notes.warnings.contains($0) }
            return member
        }
        return nil
    }

    /// RFC 5280 section 6.3.3 (f): the key usage, if present, includes cRLSign. What is no CA has to say so.
    private static func maySign(_ member: ChainMember) -> Bool {
        member.certificate.keyUsage.map { $0.contains("cRLSign") } ?? member.certificate.isCA
    }
}
