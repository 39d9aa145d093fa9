/// How long a certificate is valid.
public enum Lifetime: Sendable, Hashable {
    /// 1…36,500 days of 86,400 seconds.
    case days(Int)
    /// To 99991231235959Z, by which RFC 5280 section 4.1.2.5 says that there is no end.
    case never

    /// The longest lifetime in days.
    public static let maximumDays = 36_500

    /// Whether this is no longer than `other`.
    public func fits(in other: Lifetime) -> Bool {
        switch (self, other) {
        case (_, .never): true
        case (.never, .days): false
        case (.days(let own), .days(let most)): own <= most
        }
    }
}

extension Lifetime: CustomStringConvertible {
    /// `365 days`, `1 day` or `never`.
    public var description: String {
        switch self {
        case .days(1): "1 day"
        case .days(let days): "\(days) days"
        case .never: "never"
        }
    }
}

/// When certificates of a profile begin and end.
public struct ValidityRule: Sendable, Equatable {
    /// What to do where the end would be beyond that of the CA's own certificate.
    public enum BeyondIssuer: String, Sendable, CaseIterable {
        /// Issue nothing: a shorter certificate than asked for would surprise whoever planned with it.
        case refuse
        /// End with the CA.
        case clamp
    }

    /// What is issued unless the caller asks for less or, up to `maximum`, for more.
    public var lifetime: Lifetime
    /// The most that may be asked for.
    public let maximum: Lifetime
    /// Seconds by which notBefore precedes the time of issue, for devices whose clocks are slow.
    public let backdate: Int64
    public var beyondIssuer: BeyondIssuer

    init(
        _ lifetime: Lifetime, maximum: Lifetime? = nil, backdate: Int64 = 300,
        beyondIssuer: BeyondIssuer = .refuse
    ) {
        self.lifetime = lifetime
        self.maximum = maximum ?? lifetime
        self.backdate = backdate
        self.beyondIssuer = beyondIssuer
    }
}
