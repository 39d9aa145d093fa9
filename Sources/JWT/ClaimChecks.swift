import DeviceIdentity
import Diagnostics
import JSON

/// The checks of a token's claims against a policy (RFC 7519 section 4.1).
struct ClaimChecks {
    private let claims: JSONObject
    private let policy: JWTPolicy
    private var failures: [CheckFailure] = []

    /// Every failed check: times first, then who and for whom, then what is missing.
    static func failures(_ claims: JSONObject, _ policy: JWTPolicy) -> [CheckFailure] {
        var checks = ClaimChecks(claims: claims, policy: policy)
        checks.times()
        checks.issuer()
        checks.subject()
        checks.audience()
        if let id = claims["jti"], id.stringValue == nil { checks.wrongType("jti", "a string", id) }
        for name in policy.requiredClaims where claims[name] == nil || claims[name] == .null {
            checks.fail(.jwtClaims, "expected a claim \(name.shown), found none")
        }
        return checks.failures
    }

    private init(claims: JSONObject, policy: JWTPolicy) {
        self.claims = claims
        self.policy = policy
    }

    private mutating func fail(_ code: ErrorCode, _ message: String) {
        failures.append(CheckFailure(code, message))
    }

    private mutating func wrongType(_ name: String, _ expected: String, _ found: JSONValue) {
        fail(.jwtClaims, "expected \(name) to be \(expected), found \(Self.shown(found))")
    }

    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .integer(let number): String(number)
        case .number(let number) where number.text.utf8.count <= 40: number.text
        default: value.kind
        }
    }

    // MARK: Times

    /// The years 2017 to 2099 in milliseconds, which as seconds are tens of thousands of years away.
    private static let millisecondsOfToday: Range<Int64> = 1_483_000_000_000..<4_102_444_800_000

    private mutating func time(_ name: String) -> NumericDate? {
        guard let value = claims[name] else { return nil }
        guard let date = NumericDate(value) else {
            wrongType(name, "a number of seconds in 0 ..< 2^53 without an exponent", value)
            return nil
        }
        guard !Self.millisecondsOfToday.contains(date.floor) else {
            wrongType(name, "seconds since 1970, which look like milliseconds here", value)
            return nil
        }
        return date
    }

    private mutating func times() {
        // Nothing here can overflow: times are below 2^53, spans below 2^40.
        let now = min(max(policy.now, 0), NumericDate.bound)
        let leeway = min(max(policy.leeway, 0), 1 << 40)
        if let expires = time("exp"), now >= expires.floor + leeway {
            fail(
                .jwtExpired,
                "expired at \(expires.floor), \(now - expires.floor) s before the time of verification")
        }
        if let notBefore = time("nbf"), now < notBefore.ceiling - leeway {
            fail(
                .jwtNotYetValid,
                "nbf is \(notBefore.ceiling), \(notBefore.ceiling - now) s after the time of verification")
        }
        let issued = time("iat")
        if let issued, now < issued.ceiling - leeway {
            fail(
                .jwtNotYetValid,
                "iat is \(issued.ceiling), \(issued.ceiling - now) s after the time of verification")
        }
        guard let limit = policy.maximumAge else { return }
        if let issued {
            if now - issued.floor > min(max(limit, 0), 1 << 40) + leeway {
                fail(.jwtTooOld, "expected an age of at most \(limit) s, found \(now - issued.floor) s")
            }
        } else if claims["iat"] == nil {
            fail(.jwtTooOld, "expected iat, from which the age follows, found none")
        }
    }

    // MARK: Names

    private mutating func text(_ name: String) -> String? {
        guard let value = claims[name] else { return nil }
        guard case .string(let text) = value else {
            wrongType(name, "a string", value)
            return nil
        }
        return text
    }

    private mutating func issuer() {
        let issuer = text("iss")
        if let expected = policy.issuer, issuer.map({ $0.isSame(as: expected) }) != true {
            fail(.jwtIssuer, "expected iss \(expected.shown), found \(issuer?.shown ?? "none")")
        }
        guard let expected = policy.device else { return }
        let device = issuer.flatMap { UnverifiedJWT.device(inIssuer: $0) }
        if device != expected {
            fail(
                .uuidMismatch,
                "expected iss to name device \(expected), found \(device?.description ?? issuer?.shown ?? "none")"
            )
        }
    }

    private mutating func subject() {
        let subject = text("sub")
        if let expected = policy.subject, subject.map({ $0.isSame(as: expected) }) != true {
            fail(.jwtSubject, "expected sub \(expected.shown), found \(subject?.shown ?? "none")")
        }
    }

    private mutating func audience() {
        var audiences: [String] = []
        switch claims["aud"] {
        case nil: break
        case .string(let text)?: audiences = [text]
        case .array(let elements)? where elements.allSatisfy({ $0.stringValue != nil }):
            audiences = elements.compactMap(\.stringValue)
        case let other?:
            wrongType("aud", "a string or an array of strings", other)
            return
        }
        guard let expected = policy.audience, !audiences.contains(where: { $0.isSame(as: expected) }) else {
            return
        }
        let found =
            switch audiences.count {
            case 0: "none"
            case 1: audiences[0].shown
            default: "\(audiences.count) others"
            }
        fail(.jwtAudience, "expected aud \(expected.shown), found \(found)")
    }
}
