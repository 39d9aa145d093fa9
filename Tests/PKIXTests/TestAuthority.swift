import OpenSSL
import PKIX
import Testing

/// A small CA in memory.
struct TestAuthority {
    let key: PrivateKey
    let name: DistinguishedName
    let spki: SubjectPublicKeyInfo
    let certificate: X509Certificate

    static let start: Int64 = 1_700_000_000
    static let end: Int64 = 1_900_000_000

    /// A root, or an intermediate below `parent`, if wanted without the parent's key identifier.
    init(
        _ text: String, below parent: TestAuthority? = nil, pathLength: UInt8? = nil,
        end: Int64 = TestAuthority.end, namesIssuerKey: Bool = true,
        extensions: [CertificateExtension]? = nil
    ) throws {
        key = try PrivateKey.generate(.p256)
        name = try DistinguishedName(text: text)
        spki = try SubjectPublicKeyInfo(der: key.publicKey.spki)
        certificate = try Self.issue(
            signer: parent?.key ?? key, issuer: parent?.name ?? name,
            identifier: namesIssuerKey ? parent?.spki.keyIdentifier : nil, name, spki,
            extensions ?? CertificateTemplate.authorityExtensions(pathLength: pathLength), serial: [1],
            end: end)
    }

    /// A certificate for a fresh P-256 key.
    func issue(
        _ text: String, extensions: [CertificateExtension] = CertificateTemplate.deviceExtensions,
        serial: UInt8 = 2,
        end: Int64 = TestAuthority.end
    ) throws -> X509Certificate {
        let leafKey = try PrivateKey.generate(.p256)
        return try Self.issue(
            signer: key, issuer: name, identifier: spki.keyIdentifier, DistinguishedName(text: text),
            SubjectPublicKeyInfo(der: leafKey.publicKey.spki), extensions, serial: [serial], end: end)
    }

    /// A certificate with no extension at all, as the nRF Cloud utilities make it.
    func issueBare(_ text: String) throws -> X509Certificate {
        let leafKey = try PrivateKey.generate(.p256)
        let name = try DistinguishedName(text: text)
        var tbs = DERWriter()
        let algorithm = octets("300a06082a8648ce3d040302")
        tbs.sequence { tbs in
            tbs.constructed(.constructed(0)) { $0.unsignedInteger([2]) }
            tbs.unsignedInteger([3])
            tbs.raw(algorithm)
            tbs.raw(self.name.der)
            tbs.sequence { period in
                period.time(Self.start)
                period.time(Self.end)
            }
            tbs.raw(name.der)
            tbs.raw(leafKey.publicKey.spki)
        }
        let signature = try key.sign(tbs.bytes, algorithm: .ecdsa(.sha256))
        var whole = DERWriter()
        whole.sequence { whole in
            whole.raw(tbs.bytes)
            whole.raw(algorithm)
            whole.bitString(signature)
        }
        return try X509Certificate(der: whole.bytes)
    }

    /// A CRL that revokes these serial numbers.
    func revocationList(_ serials: [UInt8]) throws -> RevocationList {
        try RevocationList(der: list { $0.serials = serials.map { [$0] } })
    }

    /// The DER of a CRL that is as `change` wants it.
    func list(_ change: (inout TestList) -> Void) throws -> [UInt8] {
        var form = TestList(issuer: name, identifier: spki.keyIdentifier)
        change(&form)
        return try form.der(signedBy: key)
    }

    /// A certificate of this CA for the name and key of another, as cross certificates are, or for its own.
    func certify(
        _ other: TestAuthority, serial: [UInt8] = [9], end: Int64 = TestAuthority.end,
        extensions: [CertificateExtension] = CertificateTemplate.authorityExtensions(pathLength: nil),
        identifier: [UInt8]? = nil
    ) throws -> X509Certificate {
        try Self.issue(
            signer: key, issuer: name, identifier: identifier ?? spki.keyIdentifier, other.name, other.spki,
            extensions, serial: serial, end: end)
    }

    static func issue(
        signer: PrivateKey, issuer: DistinguishedName, identifier: [UInt8]?, _ subject: DistinguishedName,
        _ spki: SubjectPublicKeyInfo, _ extensions: [CertificateExtension], serial: [UInt8], end: Int64
    ) throws -> X509Certificate {
        let template = try #require(
            CertificateTemplate(
                issuer: issuer, algorithm: .ecdsa(.sha256), extensions: extensions,
                issuerKeyIdentifier: identifier))
        let tbs = template.makeTBS(
            serial: try #require(CertificateSerial(magnitude: serial)), subject: subject, publicKey: spki,
            validity: try #require(ValidityPeriod(notBefore: start, notAfter: end)))
        return try X509Certificate(
            der: template.assemble(tbs, signature: signer.sign(tbs, algorithm: .ecdsa(.sha256))))
    }
}

/// What a test wants in a CRL.
struct TestList {
    var issuer: DistinguishedName
    var identifier: [UInt8]
    /// Nil for version 1.
    var version: UInt8? = 1
    var thisUpdate = TestAuthority.start
    var nextUpdate: Int64? = TestAuthority.end
    /// The contents of INTEGERs.
    var serials: [[UInt8]] = []
    /// DER of the extensions of each entry, nil for none.
    var entryExtensions: [UInt8]?
    /// Extensions beside the issuer's key identifier and the number, DER.
    var extensions: [[UInt8]] = []
    /// Whether there are extensions at all.
    var hasExtensions = true
    var writesEmptyEntries = false

    /// One extension, DER.
    static func element(_ oid: String, critical: Bool?, _ value: String) throws -> [UInt8] {
        var writer = DERWriter()
        let oid = try #require(OID(oid))
        writer.sequence { writer in
            writer.objectIdentifier(oid)
            if let critical { writer.boolean(critical) }
            writer.octetString(octets(value))
        }
        return writer.bytes
    }

    func der(signedBy key: PrivateKey) throws -> [UInt8] {
        var tbs = DERWriter()
        let algorithm = octets("300a06082a8648ce3d040302")
        tbs.sequence { tbs in
            if let version { tbs.unsignedInteger([version]) }
            tbs.raw(algorithm)
            tbs.raw(issuer.der)
            tbs.time(thisUpdate)
            if let nextUpdate { tbs.time(nextUpdate) }
            if !serials.isEmpty || writesEmptyEntries {
                tbs.sequence { list in
                    for serial in serials {
                        list.sequence { entry in
                            entry.primitive(.integer, serial)
                            entry.time(Int64(1_700_000_000))
                            if let entryExtensions { entry.raw(entryExtensions) }
                        }
                    }
                }
            }
            guard hasExtensions else { return }
            tbs.constructed(.constructed(0)) { wrapper in
                wrapper.sequence { list in
                    list.sequence { element in
                        element.objectIdentifier(.authorityKeyIdentifier)
                        element.octetString(CertificateExtension.authorityKeyIdentifier(identifier).value)
                    }
                    list.raw(octets("300a 0603551d14 0403020101"))
                    for element in extensions { list.raw(element) }
                }
            }
        }
        let signature = try key.sign(tbs.bytes, algorithm: .ecdsa(.sha256))
        var whole = DERWriter()
        whole.sequence { whole in
            whole.raw(tbs.bytes)
            whole.raw(algorithm)
            whole.bitString(signature)
        }
        return whole.bytes
    }
}
