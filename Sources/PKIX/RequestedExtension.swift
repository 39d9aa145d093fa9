/// What the extensions of a request ask for, in words. Their bodies were checked when the request was read.
extension CertificateExtension {
    /// The purposes of an extendedKeyUsage.
    public var keyPurposes: [OID] {
        var reader = DERReader(value)
        return (try? ExtensionBody.purposes(&reader)) ?? []
    }

    /// Whether a basicConstraints is that of a CA.
    public var asksForAuthority: Bool {
        var reader = DERReader(value)
        return (try? ExtensionBody.basicConstraints(&reader))?.isCA ?? false
    }

    /// The names of a subjectAltName in words, for example `DNS:sensor.example`; kinds alone for those that are no text.
    public var generalNameTexts: [String] {
        var reader = DERReader(value)
        guard var names = try? reader.enter(.sequence, "general names") else { return [] }
        var tags: [DERTag] = []
        while !names.isAtEnd, let element = try? names.next() { tags.append(element.tag) }
        return zip(generalNames, tags).map { name, tag in
            name?.description ?? (tag == .constructed(4) ? "a directory name" : "another name")
        }
    }
}

extension OID {
    /// The name of an extension of RFC 5280, for example `keyUsage`; nil for one that is not known here.
    public var extensionName: String? { Self.extensionNames[self] }

    private static let extensionNames: [OID: String] = [
        .subjectKeyIdentifier: "subjectKeyIdentifier", .keyUsage: "keyUsage",
        .subjectAlternativeName: "subjectAltName", .basicConstraints: "basicConstraints",
        .nameConstraints: "nameConstraints", .crlDistributionPoints: "cRLDistributionPoints",
        .certificatePolicies: "certificatePolicies", .authorityKeyIdentifier: "authorityKeyIdentifier",
        .policyConstraints: "policyConstraints", .extendedKeyUsage: "extKeyUsage",
        .inhibitAnyPolicy: "inhibitAnyPolicy", .authorityInformationAccess: "authorityInfoAccess",
        .netscapeCertificateType: "nsCertType",
        OID(uncheckedContent: [0x55, 0x1D, 0x09]): "subjectDirectoryAttributes",
        OID(uncheckedContent: [0x55, 0x1D, 0x10]): "privateKeyUsagePeriod",
        OID(uncheckedContent: [0x55, 0x1D, 0x12]): "issuerAltName",
        OID(uncheckedContent: [0x55, 0x1D, 0x21]): "policyMappings",
        OID(uncheckedContent: [0x55, 0x1D, 0x2E]): "freshestCRL",
        OID(uncheckedContent: [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x0B]): "subjectInfoAccess",
        OID(uncheckedContent: [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18]): "tlsFeature",
    ]
}
