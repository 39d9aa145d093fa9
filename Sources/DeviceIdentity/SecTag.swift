public import Diagnostics

/// A modem security tag: the number under which the modem keeps one set of credentials.
public struct SecTag: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The tag that nRF Cloud uses by default.
    public static let nrfCloud = SecTag(16_842_753)
    /// The largest tag that an application may use (`%CMNG`).
    public static let largestForApplications = SecTag(2_147_483_647)

    public let rawValue: UInt32

    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The tag from decimal digits without sign or leading zeros, 0 to 4294967295; throws `usage` otherwise.
    public init(text: String) throws(ToolError) {
        let digits = text.utf8.prefix(11)
        let isDecimal = digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        let hasLeadingZero = digits.count > 1 && digits.first == UInt8(ascii: "0")
        guard isDecimal, !hasLeadingZero, let value = UInt32(text) else {
            let length = text.unicodeScalars.count
            let shown = length > 64 ? "\(length) characters" : "'\(text)'"
            throw ToolError(.usage, "expected a security tag (a decimal number), found \(shown)")
        }
        rawValue = value
    }

    /// Above 2147483647: the modem's own credentials, which can be listed but not written.
    public var isReservedForModem: Bool { self > .largestForApplications }

    /// 2147483648 to 2147483667: for tests, because their traffic can be decrypted with the vendor's tools.
    public var isForTests: Bool { (2_147_483_648...2_147_483_667).contains(rawValue) }

    public var description: String { String(rawValue) }

    public static func < (left: SecTag, right: SecTag) -> Bool { left.rawValue < right.rawValue }
}
