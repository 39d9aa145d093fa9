/// A certificate's validity (RFC 5280 section 4.1.2.5): whole seconds, both ends included.
public struct ValidityPeriod: Hashable, Sendable {
    /// Seconds since 1970.
    public let notBefore: Int64
    /// Seconds since 1970.
    public let notAfter: Int64

    /// Nil unless the ends are in order and lie in 1950…9999.
    public init?(notBefore: Int64, notAfter: Int64) {
        guard notBefore >= DERTime.earliest, notBefore <= notAfter, notAfter <= DERTime.latest else {
            return nil
        }
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Whether `time` (seconds since 1970) lies within.
    public func contains(_ time: Int64) -> Bool { notBefore <= time && time <= notAfter }

    func append(to writer: inout DERWriter) {
        // Two times of 15 or 17 octets each: their length always fits one octet.
        writer.bytes.append(DERTag.sequence.octet)
        writer.appendLength(DERTime.octets(notBefore) + DERTime.octets(notAfter))
        writer.time(notBefore)
        writer.time(notAfter)
    }

    /// How many octets ``append(to:)`` writes.
    var octets: Int { DERWriter.elementOctets(DERTime.octets(notBefore) + DERTime.octets(notAfter)) }
}
