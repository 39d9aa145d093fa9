import DeviceIdentity
import PKIX

/// Where the subject of a certificate comes from.
public enum SubjectRule: String, Sendable, CaseIterable {
    /// The name that the request asks for.
    case csr
    /// `CN=<device UUID>`: the UUID of the attested token, or a common name that is one.
    case uuid
    /// `CN=nrf-<IMEI>`: the IMEI given with the request, or a common name of that form.
    case imei
    /// The profile's own name with fields of the device.
    case template
}

/// What the subjects of a profile are.
public struct SubjectPolicy: Sendable, Equatable {
    /// The rule that is used: the first of ``allowed`` unless the caller chose another.
    public private(set) var rule: SubjectRule
    /// The rules that a caller may choose, at least one.
    public let allowed: [SubjectRule]
    /// Present if ``allowed`` has the rule `template`.
    public let template: SubjectTemplate?
    /// Every attribute that a subject may have; nil for all, within the bounds of RFC 5280.
    public let attributes: [AttributeRule]?

    /// - Parameter allowed: not empty.
    init(_ allowed: [SubjectRule], template: SubjectTemplate? = nil, attributes: [AttributeRule]? = nil) {
        rule = allowed.first ?? .csr
        self.allowed = allowed
        self.template = template
        self.attributes = attributes
    }

    /// The same with another of the allowed rules; nil if it is not allowed.
    public func choosing(_ rule: SubjectRule) -> SubjectPolicy? {
        guard allowed.contains(rule) else { return nil }
        var copy = self
        copy.rule = rule
        return copy
    }

    /// Why a name cannot be a subject of this profile under any rule that it allows; nil if it can.
    ///
    /// It is what can be said of a certificate alone: which device it was for is not known here.
    func objection(to name: DistinguishedName) -> String? {
        if name.isEmpty { return "expected a subject, found an empty one" }
        if let reason = name.unfitness ?? attributes?.objection(to: name) { return reason }
        guard !allowed.contains(where: { Self.matches(name, $0, template) }) else { return nil }
        let rules = allowed.map(\.rawValue).joined(separator: ", ")
        return "expected a subject by the rule \(rules), found another"
    }

    private static func matches(
        _ name: DistinguishedName, _ rule: SubjectRule, _ template: SubjectTemplate?
    ) -> Bool {
        switch rule {
        case .csr: return true
        case .uuid: return matches(name, [.init(type: .commonName, parts: [.deviceUUID])])
        case .imei: return matches(name, [.init(type: .commonName, parts: [.text("nrf-"), .imei])])
        case .template: return template.map { matches(name, $0.attributes) } ?? false
        }
    }

    private static func matches(_ name: DistinguishedName, _ attributes: [SubjectTemplate.Attribute]) -> Bool
    {
        let found = name.relativeNames
        guard found.count == attributes.count else { return false }
        return zip(found, attributes).allSatisfy { relative, expected in
            guard let only = relative.first, relative.count == 1, only.type == expected.type.oid,
                let text = only.text
            else { return false }
            return matches(Array(text.utf8)[...], expected.parts[...])
        }
    }

    /// Whether a value is one of a template; each part is tried at each length that it can have.
    private static func matches(_ value: ArraySlice<UInt8>, _ parts: ArraySlice<SubjectTemplate.Part>) -> Bool
    {
        guard let part = parts.first else { return value.isEmpty }
        let rest = parts.dropFirst()
        switch part {
        case .text(let text):
            return value.starts(with: text.utf8) && matches(value.dropFirst(text.utf8.count), rest)
        case .deviceUUID:
            let text = String(decoding: value.prefix(36), as: UTF8.self)
            return (try? DeviceUUID(text: text))?.description == text && matches(value.dropFirst(36), rest)
        case .imei:
            let digits = value.prefix(15)
            return digits.count == 15 && digits.allSatisfy { 0x30...0x39 ~= $0 }
                && matches(value.dropFirst(15), rest)
        case .requested:
            // A value holds one such field at most (the reader sees to it), so this does not branch further.
            return (1...max(value.count, 1)).contains { matches(value.dropFirst($0), rest) }
        }
    }
}
