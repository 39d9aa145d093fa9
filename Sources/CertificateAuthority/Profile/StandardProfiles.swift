import PKIX

extension CertificateProfile {
    /// For a device as TLS client: P-256, which is all that modems make, 10 years, not a CA, client
    /// authentication. The common name is what a service knows the device by.
    public static let device = device(
        attributes: [AttributeRule(.commonName, isRequired: true)]
            + named([
                ("O", 1), ("OU", 4), ("L", 1), ("ST", 1), ("C", 1), ("serialNumber", 1), ("UID", 1),
                ("DC", 8), ("emailAddress", 1),
            ]))

    /// The same as earlier versions had it, before there were files of profiles: with any name that keeps the bounds
    /// of RFC 5280. What was issued with it is still found, and still sound.
    static let deviceOfEarlierVersions = device(attributes: nil)

    private static func device(attributes: [AttributeRule]?) -> CertificateProfile {
        CertificateProfile(
            name: "device", summary: "A device as TLS client; its common name is its id.",
            keys: KeyRule([.p256]),
            subject: SubjectPolicy([.csr, .uuid, .imei], attributes: attributes),
            validity: ValidityRule(.days(3650), maximum: .days(maximumDays)),
            extensionRule: ExtensionRule(
                constraints: .endEntity, keyUsage: [.digitalSignature, .keyAgreement], purposes: [.clientAuth]
            ))
    }

    /// What the nRF Cloud utilities write: the name of the request and no extensions.
    public static let deviceMinimal = CertificateProfile(
        name: "device-minimal",
        summary: "A device as the nRF Cloud utilities certify it: its own name, no extensions.",
        keys: KeyRule([.p256]), signatureHash: .sha256, subject: SubjectPolicy([.csr, .uuid, .imei]),
        validity: ValidityRule(.days(3650), maximum: .days(maximumDays), backdate: 0),
        extensionRule: ExtensionRule(
            constraints: nil, keyUsage: nil, hasSubjectKeyIdentifier: false, hasAuthorityKeyIdentifier: false)
    )

    /// For a person or a service as TLS client, at most a little over two years.
    public static let `operator` = CertificateProfile(
        name: "operator", summary: "A person or a service as TLS client.",
        keys: KeyRule([.p256, .p384, .ed25519, .rsa], rsaBits: 3072...4096),
        subject: SubjectPolicy(
            [.csr],
            attributes: [AttributeRule(.commonName, isRequired: true)]
                + named([("O", 1), ("OU", 4), ("L", 1), ("ST", 1), ("C", 1), ("UID", 1), ("emailAddress", 1)])
        ),
        validity: ValidityRule(.days(365), maximum: .days(825)),
        extensionRule: ExtensionRule(
            constraints: .endEntity, keyUsage: [.digitalSignature], purposes: [.clientAuth]),
        maximumPEMLength: 4096)

    /// A CA under another one. It outlives the device certificates of ten years that it signs in its first five
    /// years, and ends before the root of twenty years that is as old or five years older.
    public static let intermediate = CertificateProfile(
        name: "intermediate", summary: "A CA below this one, made by assay ca init --issuer.",
        keys: KeyRule([.p256, .p384, .p521, .ed25519, .rsa], rsaBits: 3072...16_384),
        subject: SubjectPolicy([.csr]), validity: ValidityRule(.days(5475), maximum: .never),
        extensionRule: ExtensionRule(
            constraints: .authority(pathLength: 0, maximum: nil), keyUsage: [.keyCertSign, .crlSign]),
        maximumPEMLength: 8192)

    /// Known attribute types with how often each may occur.
    private static func named(_ names: [(name: String, count: Int)]) -> [AttributeRule] {
        names.compactMap { entry in
            AttributeType.named(entry.name).map { AttributeRule($0, maximumCount: entry.count) }
        }
    }
}
