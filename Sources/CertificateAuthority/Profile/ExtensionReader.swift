import DeviceIdentity
import Diagnostics
import JSON
import PKIX

/// Reads the member `extensions` of a profile.
enum ExtensionReader {
    static func read(_ node: JSONNode) throws(ToolError) -> ExtensionRule {
        try node.allowOnly([
            "basicConstraints", "keyUsage", "extendedKeyUsage", "subjectAltName", "subjectKeyIdentifier",
            "authorityKeyIdentifier", "additional", "subjectAltNames",
        ])
        let constraints = try node.optionalMember("basicConstraints").map { node throws(ToolError) in
            try read(constraints: node)
        }
        return ExtensionRule(
            constraints: constraints,
            keyUsage: try node.optionalMember("keyUsage").map { node throws(ToolError) in
                try read(usage: node)
            },
            purposes: try node.optionalMember("extendedKeyUsage").map { node throws(ToolError) in
                try read(purposes: node)
            } ?? [],
            alternativeName: try ProfileReader.choice(node.optionalMember("subjectAltName"), .none),
            hasSubjectKeyIdentifier: try node.optionalMember("subjectKeyIdentifier")?.bool() ?? true,
            hasAuthorityKeyIdentifier: try node.optionalMember("authorityKeyIdentifier")?.bool() ?? true,
            additional: try node.optionalMember("additional").map { node throws(ToolError) in
                try read(additional: node)
            } ?? [])
    }

    private static func read(constraints node: JSONNode) throws(ToolError) -> ExtensionRule.Constraints {
        try node.allowOnly(["ca", "pathLength", "maximumPathLength"])
        let isAuthority = try node.member("ca").bool()
        let length = try node.optionalMember("pathLength")
        let bound = try node.optionalMember("maximumPathLength")
        guard isAuthority else {
            if let extra = length ?? bound { throw extra.error("only a CA has a path length") }
            return .endEntity
        }
        let own = try length?.integer(in: 0...255).byte
        if case .string("unlimited")? = bound?.value { return .authority(pathLength: own, maximum: nil) }
        let most = try bound?.integer(in: 0...255).byte ?? own
        if let bound, let most, own.map({ $0 > most }) ?? true {
            throw bound.error("expected at least pathLength, found \(most)")
        }
        return .authority(pathLength: own, maximum: most)
    }

    private static func read(usage node: JSONNode) throws(ToolError) -> KeyUsage {
        var usage: KeyUsage = []
        for element in try ProfileReader.list(node, maximum: KeyUsage.bitNames.count) {
            guard let bit = KeyUsage(name: try element.string()) else {
                throw element.error("expected one of " + KeyUsage.bitNames.joined(separator: ", "))
            }
            guard usage.isDisjoint(with: bit) else { throw element.error("the usage occurs twice") }
            usage.formUnion(bit)
        }
        return usage
    }

    private static func read(purposes node: JSONNode) throws(ToolError) -> [OID] {
        var purposes: [OID] = []
        for element in try ProfileReader.list(node, maximum: 16) {
            let text = try element.string()
            guard let purpose = OID(keyPurposeName: text) ?? OID(text) else {
                throw element.error("expected a purpose such as clientAuth or an object identifier")
            }
            guard purpose != .anyExtendedKeyUsage else {
                throw element.error("expected the purposes by name, found one that stands for all")
            }
            guard !purposes.contains(purpose) else { throw element.error("the purpose occurs twice") }
            purposes.append(purpose)
        }
        return purposes
    }

    private static func read(additional node: JSONNode) throws(ToolError) -> [CertificateExtension] {
        var extensions: [CertificateExtension] = []
        for element in try ProfileReader.list(node, maximum: 16, minimum: 0) {
            try element.allowOnly(["oid", "critical", "valueHex"])
            let type = try element.member("oid")
            guard let oid = OID(try type.string()) else {
                throw type.error("expected an object identifier such as 1.3.6.1.4.1.311.21.7")
            }
            guard !ExtensionRule.managed.contains(oid) else {
                throw type.error("expected an extension that has no member of its own, found \(oid)")
            }
            guard !extensions.contains(where: { $0.oid == oid }) else {
                throw type.error("the extension occurs twice")
            }
            extensions.append(
                CertificateExtension(
                    oid: oid, isCritical: try element.optionalMember("critical")?.bool() ?? false,
                    value: try value(element.member("valueHex"))))
        }
        return extensions
    }

    /// The DER of one element.
    private static func value(_ node: JSONNode) throws(ToolError) -> [UInt8] {
        guard let octets = Hex.decode(try node.string()), 2...1024 ~= octets.count else {
            throw node.error("expected 2…1024 octets in hexadecimal")
        }
        var reader = DERReader(octets)
        do throws(DERError) {
            let element = try reader.next()
            try reader.finish("extension value")
            guard element.tag.isConstructed else { return octets }
            var inner = reader.contents(of: element)
            try inner.checkWellFormed(depth: 8)
        } catch {
            throw node.error("expected one element in DER: \(error.description)")
        }
        return octets
    }
}

extension Int64 {
    /// The number as one octet; nothing else is given to it.
    fileprivate var byte: UInt8 { UInt8(truncatingIfNeeded: self) }
}
