/// The number of an option, and what it says by itself (RFC 7252 section 5.4.6).
public struct OptionNumber: Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Whether a message has to be refused where it is not known.
    public var isCritical: Bool { rawValue & 1 != 0 }
    /// Whether a proxy that does not know it may not forward it.
    public var isUnsafe: Bool { rawValue & 2 != 0 }
    /// Whether two requests that differ in it alone ask for the same.
    public var isNoCacheKey: Bool { rawValue & 0x1e == 0x1c }

    public static let ifMatch = OptionNumber(rawValue: 1)
    public static let uriHost = OptionNumber(rawValue: 3)
    public static let eTag = OptionNumber(rawValue: 4)
    public static let ifNoneMatch = OptionNumber(rawValue: 5)
    /// RFC 7641.
    public static let observe = OptionNumber(rawValue: 6)
    public static let uriPort = OptionNumber(rawValue: 7)
    public static let locationPath = OptionNumber(rawValue: 8)
    public static let uriPath = OptionNumber(rawValue: 11)
    public static let contentFormat = OptionNumber(rawValue: 12)
    public static let maxAge = OptionNumber(rawValue: 14)
    public static let uriQuery = OptionNumber(rawValue: 15)
    public static let accept = OptionNumber(rawValue: 17)
    public static let locationQuery = OptionNumber(rawValue: 20)
    /// RFC 7959, as `block1` and `size2`.
    public static let block2 = OptionNumber(rawValue: 23)
    public static let block1 = OptionNumber(rawValue: 27)
    public static let size2 = OptionNumber(rawValue: 28)
    public static let proxyUri = OptionNumber(rawValue: 35)
    public static let proxyScheme = OptionNumber(rawValue: 39)
    public static let size1 = OptionNumber(rawValue: 60)
    /// RFC 9175, as `requestTag`.
    public static let echo = OptionNumber(rawValue: 252)
    /// RFC 7967.
    public static let noResponse = OptionNumber(rawValue: 258)
    public static let requestTag = OptionNumber(rawValue: 292)

    /// What the definition of an option says of its values; nil for one that is not known here.
    var definition: Definition? { Self.definitions[self] }

    /// Table 4 of RFC 7252 section 5.10, and its like of RFC 7959.
    struct Definition: Sendable {
        /// Octets of a value. One that is shorter or longer counts as an option that is not known.
        let lengths: ClosedRange<Int>
        var isRepeatable = false
    }

    private static let definitions: [OptionNumber: Definition] = [
        ifMatch: Definition(lengths: 0...8, isRepeatable: true),
        uriHost: Definition(lengths: 1...255),
        eTag: Definition(lengths: 1...8, isRepeatable: true),
        ifNoneMatch: Definition(lengths: 0...0),
        observe: Definition(lengths: 0...3),
        uriPort: Definition(lengths: 0...2),
        locationPath: Definition(lengths: 0...255, isRepeatable: true),
        uriPath: Definition(lengths: 0...255, isRepeatable: true),
        contentFormat: Definition(lengths: 0...2),
        maxAge: Definition(lengths: 0...4),
        uriQuery: Definition(lengths: 0...255, isRepeatable: true),
        accept: Definition(lengths: 0...2),
        locationQuery: Definition(lengths: 0...255, isRepeatable: true),
        block2: Definition(lengths: 0...3),
        block1: Definition(lengths: 0...3),
        size2: Definition(lengths: 0...4),
        proxyUri: Definition(lengths: 1...1034),
        proxyScheme: Definition(lengths: 1...255),
        size1: Definition(lengths: 0...4),
        echo: Definition(lengths: 1...40),
        noResponse: Definition(lengths: 0...1),
        requestTag: Definition(lengths: 0...8, isRepeatable: true),
    ]
}

extension OptionNumber: Comparable {
    public static func < (left: OptionNumber, right: OptionNumber) -> Bool { left.rawValue < right.rawValue }
}
