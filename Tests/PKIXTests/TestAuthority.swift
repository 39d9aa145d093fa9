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
        end: Int64 = TestAuthority.end, namesIssuerKey: Bool = true
    ) throws {
        key = try PrivateKey.generate(.p256)
        name = try DistinguishedName(text: text)
        spki = try SubjectPublicKeyInfo(der: key.publicKey.spki)
        certificate = try Self.issue(
            signer: parent?.key ?? key, issuer: parent?.name ?? name,
            identifier: namesIssuerKey ? parent?.spki.keyIdentifier : nil, name, spki,
            CertificateTemplate.authorityExtensions(pathLength: pathLength), serial: 1, end: end)
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
            SubjectPublicKeyInfo(der: leafKey.publicKey.spki), extensions, serial: serial, end: end)
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
    func revocationList(_ serials: [UInt8]) throws -> X509RevocationList {
        var tbs = DERWriter()
        let algorithm = octets("300a06082a8648ce3d040302")
        tbs.sequence { tbs in
            tbs.unsignedInteger([1])
            tbs.raw(algorithm)
            tbs.raw(name.der)
            tbs.time(Self.start)
            tbs.time(Self.end)
            if !serials.isEmpty {
                tbs.sequence { list in
                    for serial in serials {
                        list.sequence { entry in
                            entry.unsignedInteger([serial])
                            entry.time(Self.start)
                        }
                    }
                }
            }
            tbs.constructed(.constructed(0)) { wrapper in
                wrapper.sequence { extensions in
                    extensions.sequence { element in
                        element.objectIdentifier(.authorityKeyIdentifier)
                        element.octetString(
                            CertificateExtension.authorityKeyIdentifier(spki.keyIdentifier).value)
                    }
                    extensions.raw(octets("300a 0603551d14 0403020101"))
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
        return try X509RevocationList(der: whole.bytes)
    }

    private static func issue(
        signer: PrivateKey, issuer: DistinguishedName, identifier: [UInt8]?, _ subject: DistinguishedName,
        _ spki: SubjectPublicKeyInfo, _ extensions: [CertificateExtension], serial: UInt8, end: Int64
    ) throws -> X509Certificate {
        let template = try #require(
            CertificateTemplate(
                issuer: issuer, algorithm: .ecdsa(.sha256), extensions: extensions,
                issuerKeyIdentifier: identifier))
        let tbs = template.makeTBS(
            serial: try #require(CertificateSerial(magnitude: [serial])), subject: subject, publicKey: spki,
            validity: try #require(ValidityPeriod(notBefore: start, notAfter: end)))
        return try X509Certificate(
            der: template.assemble(tbs, signature: signer.sign(tbs, algorithm: .ecdsa(.sha256))))
    }
}
