/// An OBJECT IDENTIFIER (X.660), kept as its DER contents octets.
public struct OID: Hashable, Sendable, CustomStringConvertible {
    /// The contents octets, well-formed and not empty.
    public let content: [UInt8]

    init(uncheckedContent: [UInt8]) { content = uncheckedContent }

    /// The object identifier with these DER contents octets, or nil if they are malformed.
    public init?(content: [UInt8]) {
        guard OID.isWellFormed(content, 0..<content.count) else { return nil }
        self.content = content
    }

    /// Parses dotted decimal text, for example `2.5.4.3`; nil unless it has two to 32 sound arcs.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (2...32).contains(parts.count) else { return nil }
        var arcs: [UInt64] = []
        for part in parts {
            guard let arc = OID.arc(part) else { return nil }
            arcs.append(arc)
        }
        guard arcs[0] <= 2, arcs[0] == 2 || arcs[1] < 40 else { return nil }
        var content: [UInt8] = []
        OID.append(arcs[0] * 40 + arcs[1], to: &content)
        for arc in arcs.dropFirst(2) { OID.append(arc, to: &content) }
        self.content = content
    }

    /// Dotted decimal text; arcs beyond 64 bits appear as `?`.
    public var description: String {
        var arcs: [String] = []
        var value: UInt64? = 0
        for octet in content {
            if let low = value, low < 1 << 57 { value = low << 7 | UInt64(octet & 0x7F) } else { value = nil }
            guard octet < 0x80 else { continue }
            if arcs.isEmpty, let first = value {
                let root = min(first / 40, 2)
                arcs = ["\(root)", "\(first - root * 40)"]
            } else {
                arcs.append(value.map { "\($0)" } ?? "?")
            }
            value = 0
        }
        return arcs.joined(separator: ".")
    }

    /// Whether the octets are whole arcs without leading zeros (X.690 section 8.19).
    static func isWellFormed(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, !range.isEmpty else { return false }
        var startsArc = true
        for offset in range {
            let octet = bytes[offset]
            if startsArc, octet == 0x80 { return false }
            startsArc = octet < 0x80
        }
        return startsArc
    }

    private static func arc(_ digits: Substring.UTF8View.SubSequence) -> UInt64? {
        guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            // Below 2^53 so that neither the arithmetic here nor 40 × 2 + arc can overflow.
            guard (0x30...0x39).contains(digit), value < 1 << 50 else { return nil }
            value = value * 10 + UInt64(digit - 0x30)
        }
        return value
    }

    private static func append(_ arc: UInt64, to content: inout [UInt8]) {
        var groups: [UInt8] = [UInt8(arc & 0x7F)]
        var rest = arc >> 7
        while rest > 0 {
            groups.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        content.append(contentsOf: groups.reversed())
    }
}

/// The object identifiers of RFC 5280, 2986, 4055, 5480, 5758 and 8410 that this module reads or writes.
extension OID {
    /// 1.2.840.10045.2.1 (RFC 5480).
    public static let ecPublicKey = OID(uncheckedContent: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01])
    /// 1.2.840.113549.1.1.1 (RFC 3279).
    public static let rsaEncryption = OID(uncheckedContent: pkcs1 + [0x01])
    /// 1.2.840.113549.1.1.4 (RFC 3279), refused.
    public static let md5WithRSA = OID(uncheckedContent: pkcs1 + [0x04])
    /// 1.2.840.113549.1.1.5 (RFC 3279), refused.
    public static let sha1WithRSA = OID(uncheckedContent: pkcs1 + [0x05])
    /// 1.2.840.113549.1.1.8 (RFC 4055).
    public static let mgf1 = OID(uncheckedContent: pkcs1 + [0x08])
    /// 1.2.840.113549.1.1.10 (RFC 4055).
    public static let rsaPSS = OID(uncheckedContent: pkcs1 + [0x0A])
    /// 1.2.840.113549.1.1.11 (RFC 4055).
    public static let sha256WithRSA = OID(uncheckedContent: pkcs1 + [0x0B])
    /// 1.2.840.113549.1.1.12 (RFC 4055).
    public static let sha384WithRSA = OID(uncheckedContent: pkcs1 + [0x0C])
    /// 1.2.840.113549.1.1.13 (RFC 4055).
    public static let sha512WithRSA = OID(uncheckedContent: pkcs1 + [0x0D])
    /// 1.2.840.10045.4.1 (RFC 3279), refused.
    public static let ecdsaWithSHA1 = OID(uncheckedContent: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01])
    /// 1.2.840.10045.4.3.2 (RFC 5758).
    public static let ecdsaWithSHA256 = OID(uncheckedContent: ecdsaSHA2 + [0x02])
    /// 1.2.840.10045.4.3.3 (RFC 5758).
    public static let ecdsaWithSHA384 = OID(uncheckedContent: ecdsaSHA2 + [0x03])
    /// 1.2.840.10045.4.3.4 (RFC 5758).
    public static let ecdsaWithSHA512 = OID(uncheckedContent: ecdsaSHA2 + [0x04])
    /// 1.3.101.112 (RFC 8410).
    public static let ed25519 = OID(uncheckedContent: [0x2B, 0x65, 0x70])
    /// 2.16.840.1.101.3.4.2.1 (RFC 4055).
    public static let sha256 = OID(uncheckedContent: nistHash + [0x01])
    /// 2.16.840.1.101.3.4.2.2 (RFC 4055).
    public static let sha384 = OID(uncheckedContent: nistHash + [0x02])
    /// 2.16.840.1.101.3.4.2.3 (RFC 4055).
    public static let sha512 = OID(uncheckedContent: nistHash + [0x03])
    /// 1.2.840.113549.1.9.14 (RFC 2985).
    public static let extensionRequest = OID(uncheckedContent: pkcs9 + [0x0E])
    /// 2.5.29.14 (RFC 5280 section 4.2.1.2).
    public static let subjectKeyIdentifier = OID(uncheckedContent: [0x55, 0x1D, 0x0E])
    /// 2.5.29.15 (RFC 5280 section 4.2.1.3).
    public static let keyUsage = OID(uncheckedContent: [0x55, 0x1D, 0x0F])
    /// 2.5.29.17 (RFC 5280 section 4.2.1.6).
    public static let subjectAlternativeName = OID(uncheckedContent: [0x55, 0x1D, 0x11])
    /// 2.5.29.19 (RFC 5280 section 4.2.1.9).
    public static let basicConstraints = OID(uncheckedContent: [0x55, 0x1D, 0x13])
    /// 2.5.29.20 (RFC 5280 section 5.2.3).
    public static let crlNumber = OID(uncheckedContent: [0x55, 0x1D, 0x14])
    /// 2.5.29.21 (RFC 5280 section 5.3.1).
    public static let reasonCode = OID(uncheckedContent: [0x55, 0x1D, 0x15])
    /// 2.5.29.24 (RFC 5280 section 5.3.2).
    public static let invalidityDate = OID(uncheckedContent: [0x55, 0x1D, 0x18])
    /// 2.5.29.27 (RFC 5280 section 5.2.4).
    public static let deltaCRLIndicator = OID(uncheckedContent: [0x55, 0x1D, 0x1B])
    /// 2.5.29.28 (RFC 5280 section 5.2.5).
    public static let issuingDistributionPoint = OID(uncheckedContent: [0x55, 0x1D, 0x1C])
    /// 2.5.29.29 (RFC 5280 section 5.3.3).
    public static let certificateIssuer = OID(uncheckedContent: [0x55, 0x1D, 0x1D])
    /// 2.5.29.35 (RFC 5280 section 4.2.1.1).
    public static let authorityKeyIdentifier = OID(uncheckedContent: [0x55, 0x1D, 0x23])
    /// 2.5.29.37 (RFC 5280 section 4.2.1.12).
    public static let extendedKeyUsage = OID(uncheckedContent: [0x55, 0x1D, 0x25])
    /// 2.5.29.30 (RFC 5280 section 4.2.1.10).
    public static let nameConstraints = OID(uncheckedContent: [0x55, 0x1D, 0x1E])
    /// 2.5.29.31 (RFC 5280 section 4.2.1.13).
    public static let crlDistributionPoints = OID(uncheckedContent: [0x55, 0x1D, 0x1F])
    /// 2.5.29.32 (RFC 5280 section 4.2.1.4).
    public static let certificatePolicies = OID(uncheckedContent: [0x55, 0x1D, 0x20])
    /// 2.5.29.32.0 (RFC 5280 section 4.2.1.4): every policy.
    public static let anyPolicy = OID(uncheckedContent: [0x55, 0x1D, 0x20, 0x00])
    /// 2.5.29.33 (RFC 5280 section 4.2.1.5).
    public static let policyMappings = OID(uncheckedContent: [0x55, 0x1D, 0x21])
    /// 2.5.29.36 (RFC 5280 section 4.2.1.11).
    public static let policyConstraints = OID(uncheckedContent: [0x55, 0x1D, 0x24])
    /// 2.5.29.54 (RFC 5280 section 4.2.1.14).
    public static let inhibitAnyPolicy = OID(uncheckedContent: [0x55, 0x1D, 0x36])
    /// 1.3.6.1.5.5.7.1.1 (RFC 5280 section 4.2.2.1).
    public static let authorityInformationAccess = OID(
        uncheckedContent: [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01])
    /// 2.16.840.1.113730.1.1, seen in old requests.
    public static let netscapeCertificateType = OID(
        uncheckedContent: [0x60, 0x86, 0x48, 0x01, 0x86, 0xF8, 0x42, 0x01, 0x01])
    /// 1.3.6.1.5.5.7.3.1: TLS server authentication.
    public static let serverAuth = OID(uncheckedContent: pkixPurpose + [0x01])
    /// 1.3.6.1.5.5.7.3.2: TLS client authentication.
    public static let clientAuth = OID(uncheckedContent: pkixPurpose + [0x02])

    /// 2.5.29.37.0 (RFC 5280 section 4.2.1.12): every purpose.
    public static let anyExtendedKeyUsage = OID(uncheckedContent: [0x55, 0x1D, 0x25, 0x00])

    /// The purposes that have a name in RFC 5280 section 4.2.1.12.
    private static let keyPurposes: [(name: String, oid: OID)] =
        [
            ("serverAuth", serverAuth), ("clientAuth", clientAuth),
            ("anyExtendedKeyUsage", anyExtendedKeyUsage),
        ]
        + [("codeSigning", 3), ("emailProtection", 4), ("timeStamping", 8), ("OCSPSigning", 9)].map {
            (name: $0.0, oid: OID(uncheckedContent: pkixPurpose + [$0.1]))
        }

    /// The name of a key purpose, for example `clientAuth`; nil where RFC 5280 has none.
    public var keyPurposeName: String? { Self.keyPurposes.first { $0.oid == self }?.name }

    /// The key purpose with this name.
    public init?(keyPurposeName name: String) {
        guard let purpose = Self.keyPurposes.first(where: { $0.name == name }) else { return nil }
        self = purpose.oid
    }

    /// The types 2.5.29.n, by n.
    fileprivate static let extensionsByLastArc: [OID] = (0..<128).map {
        OID(uncheckedContent: [0x55, 0x1D, $0])
    }

    private static let pkcs1: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01]
    private static let pkcs9: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09]
    private static let ecdsaSHA2: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03]
    private static let nistHash: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02]
    private static let pkixPurpose: [UInt8] = [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03]
}

extension DERReader {
    /// The object identifier whose contents lie at `range`, which was checked: those of the arc 2.5.29, to which nearly
    /// all types of extensions belong, without a copy.
    func extensionType(_ range: Range<Int>) -> OID {
        if range.count == 3, bytes[range.lowerBound] == 0x55, bytes[range.lowerBound + 1] == 0x1D {
            let last = Int(bytes[range.lowerBound + 2])
            if last < OID.extensionsByLastArc.count { return OID.extensionsByLastArc[last] }
        }
        return OID(uncheckedContent: copy(range))
    }
}
