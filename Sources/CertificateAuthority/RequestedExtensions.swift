import Diagnostics
public import PKIX

/// The extensions that a request asks for, held against those that it gets: those of the profile and no others.
public struct RequestedExtensions {
    private let requested: [CertificateExtension]

    public init(_ requested: [CertificateExtension]) { self.requested = requested }

    /// Why the request must not be certified; `nil` if nothing speaks against it.
    ///
    /// What nobody here understands may change what the certificate means. It is marked critical so that it is not
    /// passed over.
    var refusal: CheckFailure? {
        guard let unknown = requested.first(where: { $0.isCritical && $0.oid.extensionName == nil }) else {
            return nil
        }
        return CheckFailure(
            .csrExtension,
            "the request demands the extension \(unknown.oid), which is marked critical and is not known here"
        )
    }

    /// What was asked for and is not given, for people.
    public func notes(under profile: CertificateProfile) -> [String] {
        let rule = profile.extensionRule
        var notes: [String] = []
        for element in requested {
            guard let missing = Self.missing(element, rule, copiesNames: profile.alternativeNames != nil)
            else { continue }
            notes.append("the request asks for \(missing), which profile \(profile.name) does not give")
        }
        return notes
    }

    private static func missing(
        _ element: CertificateExtension, _ rule: ExtensionRule, copiesNames: Bool
    ) -> String? {
        if rule.additional.contains(where: { $0.oid == element.oid && $0.value == element.value }) {
            return nil
        }
        // Made for those alone that are told of: nearly all devices ask for what they get.
        var name: String { element.oid.extensionName ?? "the extension \(element.oid)" }
        switch element.oid {
        case .keyUsage:
            guard let asked = try? KeyUsage(der: element.value) else { return name }
            // A certificate without the extension may be used for all of them.
            guard let given = rule.keyUsage else { return nil }
            let names = asked.subtracting(given).names
            return names.isEmpty ? nil : "\(name) \(names.joined(separator: ", "))"
        case .extendedKeyUsage:
            guard !rule.purposes.isEmpty else { return nil }
            let names = element.keyPurposes.filter { !rule.purposes.contains($0) }
                .map { $0.keyPurposeName ?? $0.description }
            return names.isEmpty ? nil : "\(name) \(names.joined(separator: ", "))"
        case .basicConstraints:
            return element.asksForAuthority && !rule.isAuthority ? "\(name) CA:TRUE" : nil
        case .subjectKeyIdentifier: return nil
        // Name by name, where some are copied (``GrantedNames``).
        case .subjectAlternativeName where copiesNames: return nil
        case .subjectAlternativeName:
            let names = element.generalNameTexts
            return names.isEmpty ? name : "\(name) \(names.joined(separator: ", "))"
        default: return name
        }
    }
}
