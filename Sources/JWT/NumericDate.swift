import JSON

/// A time in a token (RFC 7519 section 2): seconds since 1970, possibly with a fraction.
///
/// The fraction is never calculated with. A time is known by the whole seconds on both sides of it, and each check
/// takes the side that refuses more.
struct NumericDate: Equatable {
    /// 2^53: beyond it, readers that use floating point see other seconds than we.
    static let bound: Int64 = 9_007_199_254_740_992

    /// The last whole second that is not later.
    let floor: Int64
    /// The first whole second that is not earlier.
    let ceiling: Int64

    /// `nil` unless the value is a number in 0 ..< 2^53, written without an exponent.
    init?(_ value: JSONValue) {
        switch value {
        case .integer(let seconds):
            guard (0..<Self.bound).contains(seconds) else { return nil }
            floor = seconds
            ceiling = seconds
        case .number(let number):
            // A JSON number that is no integer is digits, a full stop, digits; or it has a sign or an exponent.
            let parts = number.text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].utf8.count <= 16, let seconds = Int64(parts[0]),
                !number.text.hasPrefix("-"), (0..<Self.bound).contains(seconds),
                parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            floor = seconds
            ceiling = parts[1].utf8.allSatisfy { $0 == 0x30 } ? seconds : seconds + 1
        default: return nil
        }
    }
}
