/// What ties a response to its request: 0 to 8 octets that the client chose (RFC 7252 section 5.3.1).
public struct Token: Sendable, Hashable {
    /// The longest token, in octets.
    public static let maximumLength = 8

    public let octets: [UInt8]

    /// The token of an empty message.
    public static let none = Token(unchecked: [])

    /// nil if there are more than 8 octets.
    public init?(_ octets: [UInt8]) {
        guard octets.count <= Self.maximumLength else { return nil }
        self.octets = octets
    }

    /// 8 octets.
    public init(_ number: UInt64) {
        octets = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    init(unchecked octets: [UInt8]) { self.octets = octets }
}
