import Diagnostics
import JSON
import PKIX

/// Reads one profile of a document: every member that there may be, and no other.
enum ProfileReader {
    static func read(_ node: JSONNode, name: String) throws(ToolError) -> CertificateProfile {
        guard isName(name) else {
            throw node.error("expected a name of 1…64 lower-case letters, digits and hyphens")
        }
        try node.allowOnly([
            "description", "keys", "signatureHash", "subject", "validity", "extensions", "attestation",
            "simulatedDevices", "maximumPemBytes", "subjectAltNames",
        ])
        let summary = try node.optionalMember("description")
        if let summary, try summary.string().unicodeScalars.count > 200 {
            throw summary.error("expected at most 200 characters")
        }
        let limit = try node.optionalMember("maximumPemBytes")?.integer(in: 512...131_072)
        let extensionRule = try ExtensionReader.read(node.member("extensions"))
        // Beside the subject, whose kind it is, or among the extensions, where it ends.
        let names = try node.optionalMember("subjectAltNames")
        let inner = try node.member("extensions").optionalMember("subjectAltNames")
        if names != nil, let inner { throw inner.error("the member occurs twice") }
        let copied = names ?? inner
        if let copied, extensionRule.isAuthority {
            throw copied.error("only a device's request has names to copy")
        }
        return CertificateProfile(
            name: name, summary: try summary?.string(), keys: try keys(node.member("keys")),
            signatureHash: try choice(node.optionalMember("signatureHash"), SignatureHash.auto),
            subject: try SubjectReader.read(node.member("subject")),
            validity: try validity(node.member("validity")),
            extensionRule: extensionRule,
            alternativeNames: try copied.map { node throws(ToolError) in try AlternativeNameReader.read(node)
            },
            attestation: try choice(node.optionalMember("attestation"), AttestationRule.optional),
            simulatedDevices: try choice(node.optionalMember("simulatedDevices"), SimulatedDeviceRule.accept),
            maximumPEMLength: limit.map { Int($0) } ?? CertificateProfile.modemLimit)
    }

    private static func isName(_ name: String) -> Bool {
        guard 1...64 ~= name.utf8.count, name.utf8.first != UInt8(ascii: "-") else { return false }
        return name.utf8.allSatisfy {
            switch $0 {
            case 0x61...0x7a, 0x30...0x39, UInt8(ascii: "-"): true
            default: false
            }
        }
    }

    /// One of the words of an enumeration; `standard` where the member is left out.
    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: JSONNode?, _ standard: Choice
    ) throws(ToolError) -> Choice where Choice.RawValue == String {
        guard let node else { return standard }
        let text = try node.string()
        guard let value = Choice(rawValue: text) else {
            throw node.error(
                "expected " + Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
        }
        return value
    }

    /// The elements of an array that has at least one and at most `maximum`.
    static func list(_ node: JSONNode, maximum: Int, minimum: Int = 1) throws(ToolError) -> [JSONNode] {
        let elements = try node.elements()
        guard minimum...maximum ~= elements.count else {
            throw node.error("expected \(minimum)…\(maximum) elements, found \(elements.count)")
        }
        return elements
    }

    // MARK: Keys

    private static func keys(_ node: JSONNode) throws(ToolError) -> KeyRule {
        var types: Set<KeyType> = []
        var bits: ClosedRange<Int>?
        for element in try list(node, maximum: KeyType.allCases.count) {
            try element.allowOnly(["type", "minimumBits", "maximumBits"])
            let member = try element.member("type")
            let type = try choice(member, KeyType.p256)
            guard types.insert(type).inserted else { throw member.error("the type occurs twice") }
            let least = try element.optionalMember("minimumBits")
            let most = try element.optionalMember("maximumBits")
            if type == .rsa {
                bits = try rsaBits(least, most)
            } else if let extra = least ?? most {
                throw extra.error("only rsa keys have a choice of sizes")
            }
        }
        return bits.map { KeyRule(types, rsaBits: $0) } ?? KeyRule(types)
    }

    private static func rsaBits(_ least: JSONNode?, _ most: JSONNode?) throws(ToolError) -> ClosedRange<Int> {
        let possible = Int64(KeyRule.possibleRSABits.lowerBound)...Int64(KeyRule.possibleRSABits.upperBound)
        let lower = try least?.integer(in: possible) ?? possible.lowerBound
        let upper = try most?.integer(in: possible) ?? max(4096, lower)
        guard lower <= upper else {
            throw (most ?? least)?.error("expected maximumBits of at least minimumBits")
                ?? ToolError(.internalFault, "a range without ends")
        }
        return Int(lower)...Int(upper)
    }

    // MARK: Validity

    private static func validity(_ node: JSONNode) throws(ToolError) -> ValidityRule {
        try node.allowOnly(["days", "maximumDays", "backdateSeconds", "beyondIssuer"])
        let days = try lifetime(node.member("days"))
        let maximum = try node.optionalMember("maximumDays")
        let most = try maximum.map { node throws(ToolError) in try lifetime(node) } ?? days
        guard days.fits(in: most) else {
            throw (maximum ?? node).error("expected at least the \(days) of days, found \(most)")
        }
        return ValidityRule(
            days, maximum: most,
            backdate: try node.optionalMember("backdateSeconds")?.integer(in: 0...604_800) ?? 300,
            beyondIssuer: try choice(node.optionalMember("beyondIssuer"), .refuse))
    }

    private static func lifetime(_ node: JSONNode) throws(ToolError) -> Lifetime {
        switch node.value {
        case .string("never"): return .never
        case .string: throw node.error("expected a number of days or \"never\"")
        default: return .days(Int(try node.integer(in: 1...Int64(Lifetime.maximumDays))))
        }
    }
}
