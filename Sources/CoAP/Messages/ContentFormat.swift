/// What a payload is (RFC 7252 section 12.3).
public struct ContentFormat: Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `text/plain; charset=utf-8`
    public static let textPlain = ContentFormat(rawValue: 0)
    /// `application/cbor` (RFC 8949 section 9.5)
    public static let cbor = ContentFormat(rawValue: 60)
}
