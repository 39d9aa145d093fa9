public import OpenSSL

/// One revoked certificate in a CRL.
public struct RevokedEntry: Sendable, Equatable {
    public let serial: CertificateSerial
    /// Seconds since 1970.
    public let revokedAt: Int64
    public let reason: RevocationReason

    public init(serial: CertificateSerial, revokedAt: Int64, reason: RevocationReason) {
        self.serial = serial
        self.revokedAt = revokedAt
        self.reason = reason
    }
}

/// The contents of a version 2 CRL (RFC 5280 section 5.1): what is signed.
public struct RevocationListTBS: Sendable {
    public let issuer: DistinguishedName
    /// Seconds since 1970.
    public let thisUpdate: Int64
    /// Seconds since 1970, later than ``thisUpdate``.
    public let nextUpdate: Int64
    /// cRLNumber, positive.
    public let number: Int64
    /// The identifier of the CA's key.
    public let authorityKeyIdentifier: [UInt8]
    /// In the order in which they are to stand.
    public let entries: [RevokedEntry]

    public init(
        issuer: DistinguishedName, thisUpdate: Int64, nextUpdate: Int64, number: Int64,
        authorityKeyIdentifier: [UInt8], entries: [RevokedEntry]
    ) {
        self.issuer = issuer
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
        self.number = number
        self.authorityKeyIdentifier = authorityKeyIdentifier
        self.entries = entries
    }

    /// The TBSCertList, DER; nil if Assay does not sign with `algorithm`.
    public func der(_ algorithm: SignatureAlgorithm) -> [UInt8]? {
        guard let identifier = SignatureAlgorithmIdentifier.der(algorithm) else { return nil }
        var writer = DERWriter(capacity: 512 + 54 * entries.count)
        writer.sequence { writer in
            writer.unsignedInteger([1])
            writer.raw(identifier)
            writer.raw(issuer.der)
            writer.time(thisUpdate)
            writer.time(nextUpdate)
            // revokedCertificates is left out when there is none, never empty.
            if !entries.isEmpty {
                writer.sequence { writer in
                    for entry in entries { Self.append(entry, to: &writer) }
                }
            }
            writer.constructed(.constructed(0)) { writer in
                writer.sequence { writer in
                    CertificateExtension.authorityKeyIdentifier(authorityKeyIdentifier).append(to: &writer)
                    Self.numberExtension(number).append(to: &writer)
                }
            }
        }
        return writer.bytes
    }

    private static func append(_ entry: RevokedEntry, to writer: inout DERWriter) {
        writer.sequence { writer in
            writer.unsignedInteger(entry.serial.magnitude)
            writer.time(entry.revokedAt)
            // RFC 5280 section 5.3.1: the reason should be absent instead of unspecified.
            guard entry.reason != .unspecified else { return }
            writer.sequence { writer in
                var value = DERWriter(capacity: 3)
                value.primitive(.enumerated, CollectionOfOne(entry.reason.rawValue))
                CertificateExtension(oid: .reasonCode, isCritical: false, value: value.bytes)
                    .append(to: &writer)
            }
        }
    }

    private static func numberExtension(_ number: Int64) -> CertificateExtension {
        var value = DERWriter(capacity: 11)
        let magnitude = UInt64(clamping: number)
        value.unsignedInteger(
            stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: magnitude >> $0) })
        return CertificateExtension(oid: .crlNumber, isCritical: false, value: value.bytes)
    }

    /// The CertificateList: `tbs` from ``der(_:)`` and its signature, DER; nil for an algorithm that is not signed
    /// with.
    public static func assemble(
        _ tbs: [UInt8], algorithm: SignatureAlgorithm, signature: [UInt8]
    ) -> [UInt8]? {
        guard let identifier = SignatureAlgorithmIdentifier.der(algorithm) else { return nil }
        var writer = DERWriter(capacity: tbs.count + signature.count + 64)
        writer.sequence { writer in
            writer.raw(tbs)
            writer.raw(identifier)
            writer.bitString(signature)
        }
        return writer.bytes
    }
}
