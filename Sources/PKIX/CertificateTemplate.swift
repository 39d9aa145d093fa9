public import OpenSSL

/// The parts that all certificates of one issuer and profile share, encoded once (RFC 5280 section 4.1).
///
/// A certificate is then a few copies: nothing is parsed, and libcrypto is asked only for the key identifier
/// and, by the caller, for the signature.
public struct CertificateTemplate: Sendable {
    /// The algorithm under which the caller signs.
    public let algorithm: SignatureAlgorithm
    private let algorithmDER: [UInt8]
    /// The algorithm and the issuer's name, as they follow the serial number.
    private let middle: [UInt8]
    /// From the `[3]` tag to the value of the subject key identifier.
    private let extensionsHead: [UInt8]
    /// The authority key identifier.
    private let extensionsTail: [UInt8]

    /// A template for certificates signed by `issuer` with `algorithm`, nil if Assay does not sign with it.
    ///
    /// `extensions` come first and in this order; the subject key identifier and, unless
    /// `issuerKeyIdentifier` is nil (self-signed), the authority key identifier follow.
    public init?(
        issuer: DistinguishedName, algorithm: SignatureAlgorithm, extensions: [CertificateExtension],
        issuerKeyIdentifier: [UInt8]?
    ) {
        guard let identifier = SignatureAlgorithmIdentifier.der(algorithm) else { return nil }
        self.algorithm = algorithm
        algorithmDER = identifier
        middle = identifier + issuer.der
        var tail = DERWriter()
        if let issuerKeyIdentifier {
            CertificateExtension.authorityKeyIdentifier(issuerKeyIdentifier).append(to: &tail)
        }
        extensionsTail = tail.bytes
        var whole = DERWriter()
        whole.constructed(.constructed(3)) { writer in
            writer.sequence { writer in
                for element in extensions { element.append(to: &writer) }
                let placeholder = [UInt8](repeating: 0, count: Self.keyIdentifierLength)
                CertificateExtension.subjectKeyIdentifier(placeholder).append(to: &writer)
                writer.raw(tail.bytes)
            }
        }
        // All lengths are final; only the identifier between head and tail differs from key to key.
        extensionsHead = Array(whole.bytes.dropLast(tail.bytes.count + Self.keyIdentifierLength))
    }

    private static let keyIdentifierLength = 20

    /// The extensions of a device's certificate: not a CA, digitalSignature and keyAgreement, clientAuth.
    public static let deviceExtensions: [CertificateExtension] = [
        .basicConstraints(isCA: false), .keyUsage([.digitalSignature, .keyAgreement]),
        .extendedKeyUsage([.clientAuth]),
    ]

    /// The extensions of a CA's certificate: CA with an optional path length, keyCertSign and cRLSign, and
    /// digitalSignature if asked for.
    public static func authorityExtensions(
        pathLength: UInt8?, alsoDigitalSignature: Bool = false
    ) -> [CertificateExtension] {
        var usage: KeyUsage = [.keyCertSign, .crlSign]
        if alsoDigitalSignature { usage.insert(.digitalSignature) }
        return [.basicConstraints(isCA: true, pathLength: pathLength), .keyUsage(usage)]
    }

    /// A TBSCertificate, version 3: the octets to sign.
    public func makeTBS(
        serial: CertificateSerial, subject: DistinguishedName, publicKey: SubjectPublicKeyInfo,
        validity: ValidityPeriod
    ) -> [UInt8] {
        let fixed = middle.count + extensionsHead.count + extensionsTail.count + Self.keyIdentifierLength
        var writer = DERWriter(capacity: fixed + subject.der.count + publicKey.der.count + 80)
        var start = DERWriter(capacity: 64)
        start.raw([0xA0, 0x03, 0x02, 0x01, 0x02])
        start.unsignedInteger(serial.magnitude)
        var period = DERWriter(capacity: 40)
        validity.append(to: &period)
        let length = start.bytes.count + period.bytes.count + fixed + subject.der.count + publicKey.der.count
        writer.raw([DERTag.sequence.octet])
        writer.appendLength(length)
        writer.raw(start.bytes)
        writer.raw(middle)
        writer.raw(period.bytes)
        writer.raw(subject.der)
        writer.raw(publicKey.der)
        writer.raw(extensionsHead)
        writer.raw(publicKey.keyIdentifier)
        writer.raw(extensionsTail)
        return writer.bytes
    }

    /// The Certificate: `tbs` from ``makeTBS(serial:subject:publicKey:validity:)`` and its signature.
    public func assemble(_ tbs: [UInt8], signature: [UInt8]) -> [UInt8] {
        let bitString = 1 + signature.count
        let bitStringHeader = 1 + DERWriter.lengthOctets(bitString).count
        let length = tbs.count + algorithmDER.count + bitStringHeader + bitString
        var writer = DERWriter(capacity: length + 6)
        writer.raw([DERTag.sequence.octet])
        writer.appendLength(length)
        writer.raw(tbs)
        writer.raw(algorithmDER)
        writer.bitString(signature)
        return writer.bytes
    }
}
