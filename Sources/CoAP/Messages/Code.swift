/// The code of a message: a request's method or a response's outcome (RFC 7252 section 3), written `c.dd`.
public struct Code: Sendable, Hashable {
    /// Three bits of class, five of detail.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `c.dd`; digits that do not fit their bits are cut to them.
    public init(_ codeClass: UInt8, _ detail: UInt8) {
        rawValue = (codeClass & 7) << 5 | detail & 31
    }

    /// What the first digit says a message is.
    public enum Kind: Sendable, Equatable {
        /// 0.00: no message at all, only its ID counts.
        case empty
        case request
        /// 2.xx, 4.xx and 5.xx, and 3.xx, which nobody has given a meaning.
        case response
        /// 1.xx, 6.xx, 7.xx: a message of such a code is malformed.
        case reserved
    }

    public var kind: Kind {
        switch codeClass {
        case 0: rawValue == 0 ? .empty : .request
        case 2, 3, 4, 5: .response
        default: .reserved
        }
    }

    /// The digit before the dot.
    public var codeClass: UInt8 { rawValue >> 5 }
    /// The two digits after it.
    public var detail: UInt8 { rawValue & 31 }
    /// Whether a response says that the request did what it was to do.
    public var isSuccess: Bool { codeClass == 2 }

    public static let empty = Code(0, 0)

    public static let get = Code(0, 1)
    public static let post = Code(0, 2)
    public static let put = Code(0, 3)
    public static let delete = Code(0, 4)

    public static let created = Code(2, 1)
    public static let changed = Code(2, 4)
    public static let content = Code(2, 5)
    /// More blocks of the request's body are expected (RFC 7959 section 2.9.1).
    public static let `continue` = Code(2, 31)
    public static let badRequest = Code(4, 0)
    public static let unauthorized = Code(4, 1)
    /// A critical option that is not known.
    public static let badOption = Code(4, 2)
    public static let forbidden = Code(4, 3)
    public static let notFound = Code(4, 4)
    public static let methodNotAllowed = Code(4, 5)
    public static let notAcceptable = Code(4, 6)
    /// Blocks before this one are missing (RFC 7959 section 2.9.2).
    public static let requestEntityIncomplete = Code(4, 8)
    public static let requestEntityTooLarge = Code(4, 13)
    public static let unsupportedContentFormat = Code(4, 15)
    public static let internalServerError = Code(5, 0)
    public static let serviceUnavailable = Code(5, 3)
    public static let proxyingNotSupported = Code(5, 5)
}

extension Code: CustomStringConvertible {
    /// Such as `2.05`.
    public var description: String { "\(codeClass).\(detail < 10 ? "0" : "")\(detail)" }
}
