/// A PKCS #10 certification request (RFC 2986) that is sound in form and **not verified**: nothing in it is
/// known to come from the holder of the key. ``verify(with:)`` makes a ``VerifiedRequest`` of it.
///
/// A class, because it passes through many hands.
public final class CertificationRequest: Sendable {
    /// The most octets a request may have.
    public static let maximumSize = 65_536
    /// The label of PEM blocks that hold one (RFC 7468 section 7).
    public static let pemLabel = "CERTIFICATE REQUEST"
    /// The labels under which one is read (RFC 7468 section 7).
    public static let pemLabels = [pemLabel, "NEW CERTIFICATE REQUEST"]

    /// The original bytes.
    public let der: [UInt8]
    /// Where the certificationRequestInfo lies in ``der``: the signature covers exactly these octets.
    public let informationRange: Range<Int>
    /// 0 for a request of RFC 2986; others are decoded and never verified.
    let version: Int
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
        var reader = DERReader(der)
        let whole = try reader.read(.sequence, "certification request").content
        try reader.finish("certification request")
        var request = DERReader(der, in: whole)
        let element = try request.read(.sequence, "certification request info")
        var information = request.contents(of: element)
        let version = try information.smallInteger("version")
        guard 0...2 ~= version else {
            throw DERError(element.start, "expected version 0, found \(version)")
        }
        self.version = Int(version)
        subject = try DistinguishedName(reading: &information, "subject")
        publicKey = try SubjectPublicKeyInfo(reading: &information)
        var extensions: [CertificateExtension] = []
        var others: [OID] = []
        var quirks: Set<EncodingQuirk>? = []
        if version != 0 { quirks?.insert(.version) }
        if information.isAtEnd {
            quirks?.insert(.attributesMissing)
        } else {
            try information.within(.constructed(0), "attributes") { attributes throws(DERError) in
                while !attributes.isAtEnd {
                    try Self.readAttribute(&attributes, &extensions, &others, &quirks)
                }
            }
        }
        try information.finish("certification request info")
        signatureAlgorithm = try SignatureAlgorithmIdentifier(
            reading: &request, tolerating: [.ecdsaNullParameters])
        signature = try request.octetAlignedBitString("signature")
        try request.finish("certification request")
        requestedExtensions = extensions
        otherAttributes = others
        self.quirks = EncodingQuirk.inOrder(signatureAlgorithm.quirks, quirks ?? [])
        informationRange = element.whole
        self.der = der
    }

    /// One of the attributes; their order is not judged, since the signature covers the octets as they are.
    private static func readAttribute(
        _ reader: inout DERReader, _ extensions: inout [CertificateExtension], _ others: inout [OID],
        _ quirks: inout Set<EncodingQuirk>?
    ) throws(DERError) {
        let start = reader.position
        let element = try reader.read(.sequence, "attribute")
        var attribute = reader.contents(of: element)
        let type = try attribute.objectIdentifierRange("attribute type")
        var values = try attribute.enter(.set, "attribute values")
        try attribute.finish("attribute")
        guard !values.isAtEnd else {
            let oid = OID(uncheckedContent: reader.copy(type))
            throw DERError(start, "attribute \(oid) has no value")
        }
        if reader.matches(type, OID.extensionRequest.content) {
            guard extensions.isEmpty else { throw DERError(start, "extensionRequest occurs twice") }
            extensions = try CertificateExtension.readAll(&values, quirks: &quirks)
            try values.finish("extensionRequest, which has one value")
        } else {
            try values.checkWellFormed(depth: 8)
            others.append(OID(uncheckedContent: reader.copy(type)))
        }
    }
}
