public import Diagnostics

/// What DER is, told by how it begins, so that it can be called by its name where something else was expected.
public enum ForeignDER: String, Sendable {
    case certificate = "a certificate"
    case revocationList = "a certificate revocation list"
    case publicKey = "a public key"
    case encryptedKey = "an encrypted private key"
    case privateKey = "a private key"
    case request = "a certification request"
    case bundle = "a PKCS#12 file"
    case message = "a PKCS#7 or CMS message"

    public init?(_ der: [UInt8]) {
        var reader = DERReader(der)
        guard var outer = try? reader.enter(.sequence, "content"), let tag = outer.nextTag else { return nil }
        switch tag {
        case .objectIdentifier: self = .message
        case .integer:
            let version = try? outer.smallInteger("version")
            switch (version, outer.nextTag) {
            case (3, .sequence?): self = .bundle
            // PKCS#8, SEC 1 and PKCS#1 in this order.
            case (0?, .sequence?), (1?, .sequence?), (1?, .octetString?), (0?, .integer?): self = .privateKey
            default: return nil
            }
        case .sequence:
            guard var inner = try? outer.enter(.sequence, "content"),
                let kind = Self.kind(&inner, outer.nextTag)
            else { return nil }
            self = kind
        default: return nil
        }
    }

    /// Why it is no good where a certificate was expected.
    public var noCertificate: CheckFailure {
        CheckFailure(.der, "expected a certificate, found \(rawValue)", hint: hint)
    }

    /// How to get at certificates in it.
    private var hint: Hint? {
        switch self {
        case .message: "openssl pkcs7 -inform der -in FILE -print_certs writes its certificates as PEM"
        case .bundle: "openssl pkcs12 -in FILE -nokeys writes its certificates as PEM"
        default: nil
        }
    }

    /// How to get at certificates in a PEM block of a container.
    public static func hint(ofLabel label: String) -> Hint? {
        switch label {
        case "PKCS7", "CMS", "PKCS #7 SIGNED DATA":
            "openssl pkcs7 -in FILE -print_certs writes its certificates as PEM"
        default: nil
        }
    }

    /// - Parameters:
    ///   - inner: the sequence with which the content begins.
    ///   - next: the tag after it.
    private static func kind(_ inner: inout DERReader, _ next: DERTag?) -> ForeignDER? {
        switch inner.nextTag {
        case .constructed(0): return .certificate
        case .objectIdentifier:
            return next == .bitString ? .publicKey : next == .octetString ? .encryptedKey : nil
        case .sequence:
            // A list of version 1: algorithm, issuer, and then a time.
            return isTime(&inner, after: 2) ? .revocationList : nil
        case .integer:
            guard (try? inner.next()) != nil else { return nil }
            // A list has a time after algorithm and issuer; a certificate of version 1, the two times in a sequence and
            // then two sequences more.
            var list = inner
            if isTime(&list, after: 2) { return .revocationList }
            var tags: [DERTag] = []
            while let tag = inner.nextTag, tags.count < 8, (try? inner.next()) != nil { tags.append(tag) }
            if tags.starts(with: [.sequence, .sequence, .constructed(0)]) { return .request }
            return tags == [DERTag](repeating: .sequence, count: 5) ? .certificate : nil
        default: return nil
        }
    }

    private static func isTime(_ reader: inout DERReader, after count: Int) -> Bool {
        for _ in 0..<count {
            guard reader.nextTag == .sequence, (try? reader.next()) != nil else { return false }
        }
        return reader.nextTag == .utcTime || reader.nextTag == .generalizedTime
    }
}
