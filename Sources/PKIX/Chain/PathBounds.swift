import Diagnostics
import OpenSSL

/// What is too much for one path: checks whose cost grows with a product of what certificates say are refused before
/// they are begun, whatever the version of libcrypto would do.
enum PathBounds {
    /// libcrypto's own bound for the names of one certificate times the constraints of one CA; beyond it gives no
    /// reason.
    static let maximumNameChecks = 1 << 20
    /// The most nodes of the tree of valid policies (RFC 5280 section 6.1.2); libcrypto 3.0 stops at 1,000.
    static let maximumPolicyNodes = 800

    static func objection(to members: [ChainMember]) -> CheckFailure? {
        nameObjection(members) ?? policyObjection(members)
    }

    private static func nameObjection(_ members: [ChainMember]) -> CheckFailure? {
        for (depth, authority) in members.enumerated() {
            guard let constraints = authority.reading?.nameConstraintCount, constraints > 0 else { continue }
            for (below, member) in members.prefix(depth).enumerated() {
                let names = member.reading?.nameCount ?? 0
                if names > maximumNameChecks / constraints {
                    return PathJudge.failure(
                        "\(names) names are too many for the \(constraints) constraints on names of certificate "
                            + "\(depth), expected at most \(maximumNameChecks) comparisons", below, member)
                }
            }
        }
        return nil
    }

    /// How many nodes the tree of policies would have at least: mappings that join may double it with every
    /// certificate.
    private static func policyObjection(_ members: [ChainMember]) -> CheckFailure? {
        // Nodes of the last level by the policy that they expect below them.
        var level: [OID: Int] = [.anyPolicy: 1]
        var total = 1
        for (depth, member) in members.enumerated().reversed().dropFirst() {
            guard let policies = member.reading?.policies, !policies.isEmpty else { return nil }
            var nodes: [OID: Int] = [:]
            for policy in policies where policy != .anyPolicy {
                nodes[policy] = level[policy] ?? level[.anyPolicy] ?? 0
            }
            if policies.contains(.anyPolicy) {
                for (policy, count) in level where nodes[policy] == nil { nodes[policy] = count }
            }
            var next: [OID: Int] = [:]
            let mappings = member.reading?.policyMappings ?? []
            if policies.contains(.anyPolicy), let every = level[.anyPolicy] {
                for (from, _) in mappings where nodes[from] == nil { nodes[from] = every }
            }
            var targets: [OID: Set<OID>] = [:]
            for (from, to) in mappings { targets[from, default: []].insert(to) }
            for (policy, count) in nodes {
                let (sum, isOver) = total.addingReportingOverflow(count)
                guard !isOver, sum <= maximumPolicyNodes, mappings.count <= maximumPolicyNodes else {
                    return PathJudge.failure(
                        "certificate policies and their mappings are too many to process, expected a tree of at most "
                            + "\(maximumPolicyNodes) nodes", depth, member)
                }
                total = sum
                for target in targets[policy] ?? [policy] { next[target, default: 0] += count }
            }
            level = next
        }
        return nil
    }
}

extension CertificateReading {
    /// The names that constraints are compared with: one for each attribute of the subject and each alternative name,
    /// as libcrypto counts.
    var nameCount: Int {
        var count = subjectName?.places.count ?? 0
        if var reader = value(of: .subjectAlternativeName),
            var names = try? reader.enter(.sequence, "general names")
        {
            while !names.isAtEnd, (try? names.next()) != nil { count += 1 }
        }
        return count
    }

    /// The subtrees of the constraints on names.
    var nameConstraintCount: Int {
        guard var reader = value(of: .nameConstraints),
            var lists = try? reader.enter(.sequence, "name constraints")
        else { return 0 }
        var count = 0
        while !lists.isAtEnd, let element = try? lists.next() {
            var subtrees = lists.contents(of: element)
            while !subtrees.isAtEnd, (try? subtrees.next()) != nil { count += 1 }
        }
        return count
    }

    /// The certificate policies; empty where there are none or they are malformed.
    var policies: [OID] {
        guard var reader = value(of: .certificatePolicies),
            var list = try? reader.enter(.sequence, "certificate policies")
        else { return [] }
        var found: [OID] = []
        while !list.isAtEnd {
            guard var policy = try? list.enter(.sequence, "policy"),
                let oid = try? policy.objectIdentifier("policy")
            else { return [] }
            found.append(oid)
        }
        return found
    }

    /// The policy mappings: the issuer's policy and the subject's.
    var policyMappings: [(from: OID, to: OID)] {
        guard var reader = value(of: .policyMappings),
            var list = try? reader.enter(.sequence, "policy mappings")
        else { return [] }
        var found: [(from: OID, to: OID)] = []
        while !list.isAtEnd {
            guard var mapping = try? list.enter(.sequence, "mapping"),
                let from = try? mapping.objectIdentifier("policy"),
                let to = try? mapping.objectIdentifier("policy")
            else { return [] }
            found.append((from, to))
        }
        return found
    }
}
