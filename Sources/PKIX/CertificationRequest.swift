/// A PKCS #10 certification request (RFC 2986) that is sound in form and **not verified**: nothing in it is
/// known to come from the holder of the key. ``verify(with:)`` makes a ``VerifiedRequest`` of it.
public struct CertificationRequest: Sendable {
    /// The most octets a request may have.
    public static let maximumSize = 65_536
    /// The labels of PEM blocks that hold one (RFC 7468 section 7).
    public static let pemLabels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]

    /// The original bytes.
    public let der: [UInt8]
    /// Where the certificationRequestInfo lies in ``der``: the signature covers exactly these octets.
    public let informationRange: Range<Int>
    /// The name asked for.
    public let subject: DistinguishedName
    /// The key that claims to have signed.
    public let publicKey: SubjectPublicKeyInfo
    /// The extensions asked for; a CA reports them and copies none.
    public let requestedExtensions: [CertificateExtension]
    /// The types of all attributes but extensionRequest.
    public let otherAttributes: [OID]
    /// The algorithm of the signature.
    public let signatureAlgorithm: SignatureAlgorithmIdentifier
    /// The signature's octets, as offsets in ``der``.
    let signature: Range<Int>

    /// Departures from the standards that were tolerated, in a fixed order.
    public let quirks: [EncodingQuirk]

    /// Reads exactly one request; anything that is not strict DER of RFC 2986 is refused.
    public init(der: [UInt8]) throws(DERError) {
        guard der.count <= Self.maximumSize else {
            throw DERError(0, "expected a request of at most \(Self.maximumSize) octets, found \(der.count)")
        }
        var outer = DERReader(der)
        var request = try outer.enter(.sequence, "certification request")
        try outer.finish("certification request")
        let element = try request.read(.sequence, "certification request info")
        var information = request.contents(of: element)
        let version = try information.smallInteger("version")
        guard version == 0 else { throw DERError(element.start, "expected version 0, found \(version)") }
        subject = try DistinguishedName(reading: &information, "subject")
        publicKey = try SubjectPublicKeyInfo(reading: &information)
        var attributes = try information.enter(.constructed(0), "attributes")
        var quirks: Set<EncodingQuirk>? = []
        (requestedExtensions, otherAttributes) = try Self.readAttributes(&attributes, &quirks)
        try information.finish("certification request info")
        signatureAlgorithm = try SignatureAlgorithmIdentifier(
            reading: &request, tolerating: [.ecdsaNullParameters])
        signature = try request.octetAlignedBitString("signature")
        try request.finish("certification request")
        let found = signatureAlgorithm.quirks.union(quirks ?? [])
        self.quirks = EncodingQuirk.allCases.filter(found.contains)
        informationRange = element.whole
        self.der = der
    }

    /// The attributes; their order is not judged, since the signature covers the octets as they are.
    private static func readAttributes(
        _ reader: inout DERReader, _ quirks: inout Set<EncodingQuirk>?
    ) throws(DERError) -> ([CertificateExtension], [OID]) {
        var extensions: [CertificateExtension] = []
        var others: [OID] = []
        while !reader.isAtEnd {
            let start = reader.position
            var attribute = try reader.enter(.sequence, "attribute")
            let type = try attribute.objectIdentifier("attribute type")
            var values = try attribute.enter(.set, "attribute values")
            try attribute.finish("attribute")
            guard !values.isAtEnd else { throw DERError(start, "attribute \(type) has no value") }
            if type == .extensionRequest {
                guard extensions.isEmpty else { throw DERError(start, "extensionRequest occurs twice") }
                extensions = try CertificateExtension.readAll(&values, quirks: &quirks)
                try values.finish("extensionRequest, which has one value")
            } else {
                try values.checkWellFormed(depth: 8)
                others.append(type)
            }
        }
        return (extensions, others)
    }
}
