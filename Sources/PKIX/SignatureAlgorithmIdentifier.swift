public import OpenSSL

/// The AlgorithmIdentifier of a signature (RFC 5758, RFC 4055, RFC 8410) and what it means here.
public struct SignatureAlgorithmIdentifier: Hashable, Sendable {
    /// Whether and how a signature under the identifier is verified.
    public enum Meaning: Hashable, Sendable {
        case supported(SignatureAlgorithm)
        /// A hash that no longer protects a signature; the name says which.
        case weak(String)
        /// Another algorithm, or parameters that are not supported; the text says what was found.
        case unknown(String)
    }

    /// The algorithm's object identifier.
    public let oid: OID
    /// What follows from the identifier and its parameters.
    public let meaning: Meaning
    /// Departures from the standards that were tolerated.
    public let quirks: Set<EncodingQuirk>

    /// Reads an AlgorithmIdentifier; `tolerating` names the departures that are let pass.
    init(reading reader: inout DERReader, tolerating: [EncodingQuirk]) throws(DERError) {
        var body = try reader.enter(.sequence, "signature algorithm")
        let range = try body.objectIdentifierRange("signature algorithm")
        // The one that devices use, without a copy.
        oid =
            body.matches(range, OID.ecdsaWithSHA256.content)
            ? .ecdsaWithSHA256 : OID(uncheckedContent: body.copy(range))
        switch oid {
        case .ecdsaWithSHA256: meaning = .supported(.ecdsa(.sha256))
        case .ecdsaWithSHA384: meaning = .supported(.ecdsa(.sha384))
        case .ecdsaWithSHA512: meaning = .supported(.ecdsa(.sha512))
        case .ed25519: meaning = .supported(.ed25519)
        case .sha256WithRSA: meaning = .supported(.rsaPKCS1(.sha256))
        case .sha384WithRSA: meaning = .supported(.rsaPKCS1(.sha384))
        case .sha512WithRSA: meaning = .supported(.rsaPKCS1(.sha512))
        case .sha1WithRSA, .ecdsaWithSHA1: meaning = .weak("SHA-1")
        case .md5WithRSA: meaning = .weak("MD5")
        case .rsaPSS:
            meaning = try Self.pssMeaning(&body)
            quirks = []
            try body.finish("signature algorithm")
            return
        default:
            meaning = .unknown("signature algorithm \(oid)")
            quirks = []
            try body.checkWellFormed(depth: 8)
            return
        }
        quirks = try Self.readParameters(&body, meaning, tolerating)
        try body.finish("signature algorithm")
    }

    /// RFC 5758 and RFC 8410: no parameters. RFC 4055 section 5: NULL, and its absence is to be accepted.
    private static func readParameters(
        _ body: inout DERReader, _ meaning: Meaning, _ tolerating: [EncodingQuirk]
    ) throws(DERError) -> Set<EncodingQuirk> {
        let isPresent = !body.isAtEnd
        let offset = body.position
        if isPresent { try body.null("signature algorithm parameters") }
        switch meaning {
        case .supported(.ecdsa) where isPresent:
            guard tolerating.contains(.ecdsaNullParameters) else {
                throw DERError(offset, "ECDSA signature algorithm has parameters")
            }
            return [.ecdsaNullParameters]
        case .supported(.ed25519) where isPresent:
            throw DERError(offset, "Ed25519 signature algorithm has parameters")
        case .supported(.rsaPKCS1) where !isPresent: return [.rsaAbsentParameters]
        default: return []
        }
    }

    /// RSASSA-PSS-params with one SHA-2 hash for message and mask and a salt as long as it.
    private static func pssMeaning(_ body: inout DERReader) throws(DERError) -> Meaning {
        guard !body.isAtEnd else { return .unknown("RSASSA-PSS without parameters") }
        var parameters = try body.enter(.sequence, "RSASSA-PSS parameters")
        var hash: HashAlgorithm?
        var maskHash: HashAlgorithm?
        var saltLength = 20
        if let element = try parameters.readIfPresent(.constructed(0)) {
            var inner = parameters.contents(of: element)
            hash = try readHash(&inner)
            try inner.finish("RSASSA-PSS hash")
        }
        if let element = try parameters.readIfPresent(.constructed(1)) {
            var inner = parameters.contents(of: element)
            var mask = try inner.enter(.sequence, "mask generation")
            let generator = try mask.objectIdentifier("mask generation")
            guard generator == .mgf1 else { return .unknown("RSASSA-PSS with mask generation \(generator)") }
            maskHash = try readHash(&mask)
            try mask.finish("mask generation")
            try inner.finish("mask generation")
        }
        if let element = try parameters.readIfPresent(.constructed(2)) {
            var inner = parameters.contents(of: element)
            saltLength = try inner.smallInteger("salt length")
            try inner.finish("salt length")
        }
        try parameters.finish("RSASSA-PSS parameters")
        guard let hash, hash == maskHash, saltLength == hash.byteCount else {
            return .unknown("RSASSA-PSS with parameters other than one SHA-2 hash and a salt as long as it")
        }
        return .supported(.rsaPSS(hash))
    }

    private static func readHash(_ reader: inout DERReader) throws(DERError) -> HashAlgorithm? {
        var body = try reader.enter(.sequence, "hash algorithm")
        let oid = try body.objectIdentifier("hash algorithm")
        if !body.isAtEnd { try body.null("hash parameters") }
        try body.finish("hash algorithm")
        switch oid {
        case .sha256: return .sha256
        case .sha384: return .sha384
        case .sha512: return .sha512
        default: return nil
        }
    }

    /// The DER of the identifier under which Assay signs with `algorithm`; nil for SHA-1 and for RSASSA-PSS.
    public static func der(_ algorithm: SignatureAlgorithm) -> [UInt8]? {
        let oid: OID
        switch algorithm {
        case .ecdsa(.sha256): oid = .ecdsaWithSHA256
        case .ecdsa(.sha384): oid = .ecdsaWithSHA384
        case .ecdsa(.sha512): oid = .ecdsaWithSHA512
        case .rsaPKCS1(.sha256): oid = .sha256WithRSA
        case .rsaPKCS1(.sha384): oid = .sha384WithRSA
        case .rsaPKCS1(.sha512): oid = .sha512WithRSA
        case .ed25519: oid = .ed25519
        case .ecdsa(.sha1), .rsaPKCS1(.sha1), .rsaPSS: return nil
        }
        var writer = DERWriter()
        writer.sequence { writer in
            writer.objectIdentifier(oid)
            if case .rsaPKCS1 = algorithm { writer.null() }
        }
        return writer.bytes
    }
}
