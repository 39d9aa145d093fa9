import Diagnostics
import JSON
import OpenSSL
import PKIX

/// Reads the member `subjectAltNames` of a profile: `{"from": "request", "allow": ["dns:devices.example"]}`.
enum AlternativeNameReader {
    static func read(_ node: JSONNode) throws(ToolError) -> AlternativeNameRule {
        try node.allowOnly(["from", "allow"])
        let origin = try node.member("from")
        guard try origin.string() == "request" else { throw origin.error("expected \"request\"") }
        var allowances: [AlternativeNameRule.Allowance] = []
        for element in try ProfileReader.list(node.member("allow"), maximum: 64) {
            let allowance = try read(allowance: element)
            guard !allowances.contains(allowance) else { throw element.error("the name occurs twice") }
            allowances.append(allowance)
        }
        return AlternativeNameRule(allowances)
    }

    private static func read(allowance node: JSONNode) throws(ToolError) -> AlternativeNameRule.Allowance {
        let text = try node.string()
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let kind = parts.first.flatMap({ kinds[$0.lowercased()] }) else {
            throw node.error("expected dns, email, uri or ip, alone or with bounds as in dns:devices.example")
        }
        guard parts.count == 2 else { return .any(kind) }
        let bounds = String(parts[1])
        switch kind {
        case .ip: return try network(bounds, node)
        case .uri where bounds.contains(":"):
            // So that a name that only begins alike is another: urn:dev: or spiffe://devices.example/.
            guard AlternativeNameRule.isURIPrefix(Array(bounds.utf8)) else {
                throw node.error(
                    "expected the beginning of URIs up to a colon or a slash, with all of its host if it has one"
                )
            }
            return .prefix(Array(bounds.utf8))
        case .dns, .email, .uri:
            let domain = bounds.lowercased()
            guard AlternativeNameRule.isHost(Array(domain.utf8)[...]) else {
                throw node.error(
                    "expected a domain such as devices.example, which stands for itself and all below it")
            }
            return .domain(kind, domain)
        }
    }

    /// `192.0.2.0/24`, or one address.
    private static func network(
        _ text: String, _ node: JSONNode
    ) throws(ToolError) -> AlternativeNameRule.Allowance {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let address = IPAddress.octets(String(first)) else {
            throw node.error("expected an address or a network such as 192.0.2.0/24")
        }
        let width = address.count * 8
        let bits = parts.count == 2 ? Int(parts[1]) : width
        guard let bits, 0...width ~= bits, parts.count == 1 || String(bits) == parts[1] else {
            throw node.error("expected a prefix of at most \(width) bits")
        }
        let isClean = (bits..<width).allSatisfy { address[$0 / 8] & AlternativeNameRule.mask($0) == 0 }
        guard isClean else { throw node.error("expected a network without bits beyond its \(bits)") }
        return .network(address, bits: bits)
    }

    /// The short names, as OpenSSL has them, and those of RFC 5280.
    private static let kinds: [String: GeneralName.Kind] = [
        "dns": .dns, "dnsname": .dns, "email": .email, "rfc822name": .email, "uri": .uri,
        "uniformresourceidentifier": .uri, "ip": .ip, "ipaddress": .ip,
    ]
}

extension AlternativeNameRule.Allowance {
    /// As a profile writes it.
    var description: String {
        switch self {
        case .any(let kind): kind.rawValue
        case .domain(let kind, let domain): "\(kind.rawValue):\(domain)"
        case .prefix(let prefix): "uri:" + String(decoding: prefix, as: UTF8.self)
        case .network(let network, let bits): "ip:\(Self.text(network))/\(bits)"
        }
    }

    private static func text(_ address: [UInt8]) -> String {
        let name = GeneralName(.ip, address).description
        return String(name.drop { $0 != ":" }.dropFirst()).lowercased()
    }
}
