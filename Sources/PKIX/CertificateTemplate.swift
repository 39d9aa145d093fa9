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
    /// The extensions, with gaps for what differs from certificate to certificate; empty if there are none.
    private let extensions: Extensions

    /// The `[3]` element in the pieces between its gaps.
    private struct Extensions: Sendable {
        /// From the tag to the URI of the alternative name; empty without one.
        private(set) var beforeURI: [UInt8] = []
        /// From there to the value of the subject key identifier, or to its end.
        private(set) var beforeKeyIdentifier: [UInt8] = []
        /// The authority key identifier.
        let tail: [UInt8]
        /// Octets of the URI; nil without an alternative name.
        let uriLength: Int?
        /// What comes before the alternative name, for certificates each of which has names of its own.
        private let head: [UInt8]
        let hasKeyIdentifier: Bool

        var count: Int {
            beforeURI.count + (uriLength ?? 0) + beforeKeyIdentifier.count
                + (hasKeyIdentifier ? CertificateTemplate.keyIdentifierLength : 0) + tail.count
        }

        init(
            _ extensions: [CertificateExtension], issuerKeyIdentifier: [UInt8]?, uriLength: Int?,
            writesKeyIdentifier: Bool
        ) {
            var authority = DERWriter()
            if let issuerKeyIdentifier {
                CertificateExtension.authorityKeyIdentifier(issuerKeyIdentifier).append(to: &authority)
            }
            var key = DERWriter()
            if writesKeyIdentifier {
                let placeholder = [UInt8](repeating: 0, count: CertificateTemplate.keyIdentifierLength)
                CertificateExtension.subjectKeyIdentifier(placeholder).append(to: &key)
            }
            tail = authority.bytes
            self.uriLength = uriLength
            hasKeyIdentifier = writesKeyIdentifier
            var head = DERWriter()
            for element in extensions { element.append(to: &head) }
            self.head = head.bytes
            // An empty list of extensions is none (RFC 5280 section 4.1.2.9).
            if extensions.isEmpty, tail.isEmpty, key.bytes.isEmpty, uriLength == nil { return }
            var whole = DERWriter()
            whole.constructed(.constructed(3)) { writer in
                writer.sequence { writer in
                    for element in extensions { element.append(to: &writer) }
                    if let uriLength {
                        let placeholder = [UInt8](repeating: 0, count: uriLength)
                        CertificateExtension.subjectAlternativeName(uri: placeholder).append(to: &writer)
                    }
                    writer.raw(key.bytes)
                    writer.raw(authority.bytes)
                }
            }
            // All lengths are final; only the octets in the gaps differ from certificate to certificate.
            let gap = writesKeyIdentifier ? CertificateTemplate.keyIdentifierLength : 0
            if let uriLength {
                beforeURI = Array(whole.bytes.dropLast(key.bytes.count + tail.count + uriLength))
                beforeKeyIdentifier = Array(key.bytes.dropLast(gap))
            } else {
                beforeKeyIdentifier = Array(whole.bytes.dropLast(tail.count + gap))
            }
        }

        /// The whole `[3]` element with an alternative name that is this certificate's alone.
        func element(with alternativeName: CertificateExtension, keyIdentifier: [UInt8]) -> [UInt8] {
            var whole = DERWriter()
            whole.constructed(.constructed(3)) { writer in
                writer.sequence { writer in
                    writer.raw(head)
                    alternativeName.append(to: &writer)
                    if hasKeyIdentifier {
                        CertificateExtension.subjectKeyIdentifier(keyIdentifier).append(to: &writer)
                    }
                    writer.raw(tail)
                }
            }
            return whole.bytes
        }
    }

    /// A template for certificates signed by `issuer` with `algorithm`, nil if Assay does not sign with it.
    ///
    /// - Parameters:
    ///   - extensions: come first and in this order.
    ///   - issuerKeyIdentifier: of the authority key identifier, which comes last; nil for none.
    ///   - uriLength: octets of the one URI that is the subject's alternative name; nil for none.
    ///   - writesKeyIdentifier: whether the subject key identifier is written.
    public init?(
        issuer: DistinguishedName, algorithm: SignatureAlgorithm, extensions: [CertificateExtension],
        issuerKeyIdentifier: [UInt8]?, uriLength: Int? = nil, writesKeyIdentifier: Bool = true
    ) {
        guard let identifier = SignatureAlgorithmIdentifier.der(algorithm) else { return nil }
        self.algorithm = algorithm
        algorithmDER = identifier
        middle = identifier + issuer.der
        self.extensions = Extensions(
            extensions, issuerKeyIdentifier: issuerKeyIdentifier, uriLength: uriLength,
            writesKeyIdentifier: writesKeyIdentifier)
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
    ///
    /// - Parameter uri: the alternative name, as many octets as the template was made for. Without it zeros are
    ///   written, which no reading before a signature lets pass.
    public func makeTBS(
        serial: CertificateSerial, subject: DistinguishedName, publicKey: SubjectPublicKeyInfo,
        validity: ValidityPeriod, uri: [UInt8]? = nil
    ) -> [UInt8] {
        makeTBS(
            serial: serial, subject: subject, key: IdentifiedKey(publicKey), validity: validity, uri: uri)
    }

    /// The same for a key whose identifier is known.
    ///
    /// - Parameter alternativeName: where each certificate has names of its own; not together with `uri`.
    public func makeTBS(
        serial: CertificateSerial, subject: DistinguishedName, key: IdentifiedKey,
        validity: ValidityPeriod, uri: [UInt8]? = nil, alternativeName: CertificateExtension? = nil
    ) -> [UInt8] {
        let own = alternativeName.map { extensions.element(with: $0, keyIdentifier: key.identifier) }
        let magnitude = serial.magnitude
        let padding = (magnitude.first ?? 0x80) >= 0x80 ? 1 : 0
        let length =
            Self.version.count + DERWriter.elementOctets(magnitude.count + padding) + middle.count
            + validity.octets + subject.der.count + key.info.der.count
            + (own?.count ?? extensions.count)
        var writer = DERWriter(capacity: DERWriter.elementOctets(length))
        writer.bytes.append(DERTag.sequence.octet)
        writer.appendLength(length)
        writer.raw(Self.version)
        writer.unsignedInteger(magnitude)
        writer.raw(middle)
        validity.append(to: &writer)
        writer.raw(subject.der)
        writer.raw(key.info.der)
        if let own {
            writer.raw(own)
            return writer.bytes
        }
        writer.raw(extensions.beforeURI)
        if let uriLength = extensions.uriLength {
            writer.raw((uri ?? []).prefix(uriLength))
            writer.raw(repeatElement(0, count: uriLength - min(uri?.count ?? 0, uriLength)))
        }
        writer.raw(extensions.beforeKeyIdentifier)
        if extensions.hasKeyIdentifier { writer.raw(key.identifier) }
        writer.raw(extensions.tail)
        return writer.bytes
    }

    /// Version 3, as a TBSCertificate begins.
    private static let version: [UInt8] = [0xA0, 0x03, 0x02, 0x01, 0x02]

    /// Octets of the certificate that ``assemble(_:signature:)`` makes of a TBSCertificate and a signature of these
    /// lengths.
    public func certificateLength(tbs: Int, signature: Int) -> Int {
        DERWriter.elementOctets(tbs + algorithmDER.count + DERWriter.elementOctets(1 + signature))
    }

    /// The Certificate: `tbs` from ``makeTBS(serial:subject:publicKey:validity:)`` and its signature.
    public func assemble(_ tbs: [UInt8], signature: [UInt8]) -> [UInt8] {
        let length = tbs.count + algorithmDER.count + DERWriter.elementOctets(1 + signature.count)
        var writer = DERWriter(capacity: DERWriter.elementOctets(length))
        writer.bytes.append(DERTag.sequence.octet)
        writer.appendLength(length)
        writer.raw(tbs)
        writer.raw(algorithmDER)
        writer.bitString(signature)
        return writer.bytes
    }
}
