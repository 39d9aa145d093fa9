public import PKIX

/// Which alternative names a certificate copies from its request: nothing that the profile does not allow.
public struct AlternativeNameRule: Sendable, Equatable {
    /// Names of one kind, all of them or those within bounds.
    public enum Allowance: Sendable, Equatable {
        case any(GeneralName.Kind)
        /// A DNS name, the host of an e-mail address or of a URI: this domain or one below it, lower case.
        case domain(GeneralName.Kind, String)
        /// A URI that begins so and goes on.
        case prefix([UInt8])
        /// Addresses that agree in the first `bits`.
        case network([UInt8], bits: Int)
    }

    /// At least one.
    public let allowances: [Allowance]

    init(_ allowances: [Allowance]) { self.allowances = allowances }

    /// Why a name is not copied; nil if it may be.
    func objection(to name: GeneralName) -> String? {
        switch name.kind {
        case .dns where !Self.isHost(name.octets[...]):
            return "it is no host name of letters, digits and hyphens"
        case .email where Self.mailHost(name.octets) == nil: return "it is no address of the form name@host"
        case .uri where !Self.isURI(name.octets):
            return
                "it is no URI with a scheme that is plain: without escapes, wildcards, dots as steps or a user"
        case .ip where name.octets.count != 4 && name.octets.count != 16: return "it is no address"
        default: break
        }
        return allowances.contains { Self.allows($0, name) } ? nil : "the profile does not allow it"
    }

    private static func allows(_ allowance: Allowance, _ name: GeneralName) -> Bool {
        switch allowance {
        case .any(let kind): return kind == name.kind
        case .prefix(let prefix):
            return name.kind == .uri && name.octets.count > prefix.count && name.octets.starts(with: prefix)
        case .network(let network, let bits):
            guard name.kind == .ip, name.octets.count == network.count else { return false }
            return (0..<min(bits, network.count * 8)).allSatisfy { bit in
                let difference = name.octets[bit / 8] ^ network[bit / 8]
                return difference & Self.mask(bit) == 0
            }
        case .domain(let kind, let domain):
            guard kind == name.kind else { return false }
            let host: ArraySlice<UInt8>? =
                switch kind {
                case .dns: name.octets[...]
                case .email: mailHost(name.octets)
                case .uri: uriHost(name.octets)
                case .ip: nil
                }
            guard let host, isHost(host) else { return false }
            let lower = host.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
            let wanted = Array(domain.utf8)
            return lower == wanted || (lower.count > wanted.count && lower.hasSuffix([0x2E] + wanted))
        }
    }

    /// The bit of its octet, counted from the left.
    static func mask(_ bit: Int) -> UInt8 { 0x80 >> UInt8(truncatingIfNeeded: bit & 7) }

    // MARK: Forms

    /// Labels of letters, digits and hyphens (RFC 1123 section 2.1), no wildcard, no dot at the end. The last has a letter:
    /// an address in decimal is no name.
    static func isHost(_ octets: ArraySlice<UInt8>) -> Bool {
        guard 1...253 ~= octets.count else { return false }
        let labels = octets.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard labels.last?.contains(where: { isAlphanumeric($0) && $0 > 0x39 }) == true else { return false }
        return labels.allSatisfy { label in
            guard 1...63 ~= label.count, label.first != 0x2D, label.last != 0x2D else { return false }
            return label.allSatisfy { isAlphanumeric($0) || $0 == 0x2D }
        }
    }

    /// The host of `name@host` whose name needs no quotes (RFC 5322 section 3.4.1, dot-atom) and has no wildcard.
    private static func mailHost(_ octets: [UInt8]) -> ArraySlice<UInt8>? {
        let parts = octets.split(separator: 0x40, omittingEmptySubsequences: false)
        guard parts.count == 2, 1...64 ~= parts[0].count, isHost(parts[1]) else { return nil }
        let atoms = parts[0].split(separator: 0x2E, omittingEmptySubsequences: false)
        let isName = atoms.allSatisfy { atom in
            !atom.isEmpty && atom.allSatisfy { isAlphanumeric($0) || atomPunctuation.contains($0) }
        }
        return isName ? parts[1] : nil
    }

    private static let atomPunctuation = Set("!#$%&'+-/=?^_`{|}~".utf8)

    /// A scheme, a colon and visible ASCII (RFC 3986 sections 2 and 3) that means one thing: no escapes, which may hide
    /// what stands there, no steps to the folder above, no user and no wildcard, and a host where there is an authority.
    static func isURI(_ octets: [UInt8]) -> Bool {
        guard let colon = octets.firstIndex(of: 0x3A), colon + 1 < octets.count, octets.count <= 1024,
            let first = octets.first, isAlphanumeric(first), first > 0x39,
            octets[..<colon].allSatisfy({ isAlphanumeric($0) || [0x2B, 0x2D, 0x2E].contains($0) }),
            octets.allSatisfy({ 0x21...0x7E ~= $0 && !uriExcluded.contains($0) })
        else { return false }
        let rest = octets[(colon + 1)...]
        guard rest.starts(with: [0x2F, 0x2F]) else { return !hasSteps(rest) }
        return uriHost(octets) != nil && !hasSteps(rest.dropFirst(2))
    }

    /// Beside what RFC 3986 excludes: the percent sign and the asterisk.
    private static let uriExcluded = Set(#"<>"{}|\^`%*"#.utf8)

    private static func hasSteps(_ path: ArraySlice<UInt8>) -> Bool {
        path.split(whereSeparator: { [0x2F, 0x3F, 0x23].contains($0) }).contains {
            $0.allSatisfy { $0 == 0x2E }
        }
    }

    /// The host of a URI with an authority and without a user (RFC 3986 section 3.2); nil for others.
    private static func uriHost(_ octets: [UInt8]) -> ArraySlice<UInt8>? {
        guard let colon = octets.firstIndex(of: 0x3A) else { return nil }
        let rest = octets[(colon + 1)...]
        guard rest.starts(with: [0x2F, 0x2F]) else { return nil }
        let authority = rest.dropFirst(2).prefix { ![0x2F, 0x3F, 0x23].contains($0) }
        let host = authority.prefix { $0 != 0x3A }
        guard isHost(host) else { return nil }
        let port = authority.dropFirst(host.count)
        if port.isEmpty { return host }
        guard let number = UInt16(String(decoding: port.dropFirst(), as: UTF8.self)), number > 0,
            port.dropFirst().allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        return host
    }

    /// Whether URIs that begin so have their scheme and, where there is one, their whole authority in it: what follows can
    /// then lead nowhere else.
    static func isURIPrefix(_ prefix: [UInt8]) -> Bool {
        guard isURI(prefix + Array("x".utf8)), let last = prefix.last, [0x3A, 0x2F].contains(last),
            let colon = prefix.firstIndex(of: 0x3A)
        else { return false }
        let rest = prefix[(colon + 1)...]
        if rest.first != 0x2F { return true }
        return rest.starts(with: [0x2F, 0x2F]) && rest.dropFirst(2).contains(0x2F)
    }

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        0x30...0x39 ~= octet || 0x41...0x5A ~= octet || 0x61...0x7A ~= octet
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ suffix: [UInt8]) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
