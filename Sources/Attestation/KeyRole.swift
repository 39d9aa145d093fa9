/// Which of the modem's keys signed, by the integer inside `kid`: a reserved security tag read as signed.
public enum KeyRole: Sendable, Equatable {
    case identity
    case nordicBaseProduction
    case nordicBaseDevelopment
    case other(Int64)

    init(kid: Int64) {
        switch kid {
        case -2: self = .identity
        case -4: self = .nordicBaseProduction
        case -5: self = .nordicBaseDevelopment
        default: self = .other(kid)
        }
    }

    /// The `kid` integer.
    public var kid: Int64 {
        switch self {
        case .identity: -2
        case .nordicBaseProduction: -4
        case .nordicBaseDevelopment: -5
        case .other(let value): value
        }
    }

    /// The name in results.
    public var name: String {
        switch self {
        case .identity: "identity"
        case .nordicBaseProduction: "nordic-base-production"
        case .nordicBaseDevelopment: "nordic-base-development"
        case .other: "other"
        }
    }
}
