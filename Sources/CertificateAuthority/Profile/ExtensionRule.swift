public import PKIX

/// The extensions of a profile's certificates.
public struct ExtensionRule: Sendable, Equatable {
    /// Whether certificates of the profile are CAs.
    public enum Constraints: Sendable, Equatable {
        case endEntity
        /// - Parameters:
        ///   - pathLength: unless the caller says another; nil for no bound.
        ///   - maximum: the most that the caller may say; nil for what the issuer allows.
        case authority(pathLength: UInt8?, maximum: UInt8?)
    }

    /// What stands as alternative name.
    public enum AlternativeName: String, Sendable, CaseIterable {
        case none
        /// One URI, `urn:uuid:<device UUID>` (RFC 9562 section 4).
        case deviceUUID = "deviceUuid"
    }

    /// Nil for no such extension.
    public let constraints: Constraints?
    /// Nil for no such extension.
    public let keyUsage: KeyUsage?
    /// Empty for no such extension.
    public let purposes: [OID]
    public let alternativeName: AlternativeName
    public let hasSubjectKeyIdentifier: Bool
    public let hasAuthorityKeyIdentifier: Bool
    /// Others, the same in every certificate.
    public let additional: [CertificateExtension]

    init(
        constraints: Constraints?, keyUsage: KeyUsage?, purposes: [OID] = [],
        alternativeName: AlternativeName = .none, hasSubjectKeyIdentifier: Bool = true,
        hasAuthorityKeyIdentifier: Bool = true, additional: [CertificateExtension] = []
    ) {
        self.constraints = constraints
        self.keyUsage = keyUsage
        self.purposes = purposes
        self.alternativeName = alternativeName
        self.hasSubjectKeyIdentifier = hasSubjectKeyIdentifier
        self.hasAuthorityKeyIdentifier = hasAuthorityKeyIdentifier
        self.additional = additional
    }

    /// The types that the other members of a profile say everything about.
    static let managed: Set<OID> = [
        .basicConstraints, .keyUsage, .extendedKeyUsage, .subjectAlternativeName, .subjectKeyIdentifier,
        .authorityKeyIdentifier,
    ]

    /// Whether certificates of the profile are CAs.
    public var isAuthority: Bool {
        if case .authority = constraints { true } else { false }
    }

    /// The extensions that are the same in every certificate, in their order.
    ///
    /// - Parameter pathLength: of a CA; nil for no bound.
    func fixed(pathLength: UInt8?) -> [CertificateExtension] {
        var list: [CertificateExtension] = []
        switch constraints {
        case .endEntity: list.append(.basicConstraints(isCA: false))
        case .authority: list.append(.basicConstraints(isCA: true, pathLength: pathLength))
        case nil: break
        }
        if let keyUsage { list.append(.keyUsage(keyUsage)) }
        if !purposes.isEmpty { list.append(.extendedKeyUsage(purposes)) }
        return list + additional
    }
}
