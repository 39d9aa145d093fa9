import DeviceIdentity
import Diagnostics
public import JSON
import OpenSSL

/// A JWS in compact serialisation (RFC 7515 section 7.1), decoded and not verified.
public struct CompactJWS: Sendable {
    /// The longest token in characters; a modem's stay below 700.
    public static let limit = 16_384
    /// The bounds on both JSON texts.
    public static let jsonLimits = JSONLimits(bytes: limit, depth: 32, values: 2_048)

    public let header: JOSEHeader
    /// What the signature covers: the first two parts and the dot between them, as received (RFC 7515 section 5.2).
    public let signingInput: ArraySlice<UInt8>
    /// The decoded second part.
    public let payload: [UInt8]
    /// The decoded third part; empty for an unsecured token, which no verifier accepts.
    public let signature: [UInt8]

    /// - Parameter text: one token, ASCII, without white space around it.
    public init(_ text: ArraySlice<UInt8>) throws(JWTError) {
        guard text.count <= Self.limit else {
            throw JWTError(.jwtFormat, "expected at most \(Self.limit) characters, found more")
        }
        let dot = UInt8(ascii: ".")
        guard let first = Octets.firstIndex(of: dot, in: text),
            let second = Octets.firstIndex(of: dot, in: text[(first + 1)...]),
            Octets.firstIndex(of: dot, in: text[(second + 1)...]) == nil
        else { throw Self.wrongParts(text, text.count { $0 == dot }) }
        let headerBytes = try Self.decode(text[..<first], "header")
        payload = try Self.decode(text[(first + 1)..<second], "payload")
        signature = try Self.decode(text[(second + 1)...], "signature")
        signingInput = text[..<second]
        header = try JOSEHeader(headerBytes)
    }

    private static func wrongParts(_ text: ArraySlice<UInt8>, _ dots: Int) -> JWTError {
        if text.isEmpty { return JWTError(.jwtFormat, "expected a JWT, found nothing") }
        let expected = "expected three parts joined by dots"
        if text.first == UInt8(ascii: "{") {
            return JWTError(.jwtFormat, "\(expected), found JSON; the JSON serialisation is not accepted")
        }
        // A header in JSON begins so: the rest is somewhere else.
        if dots < 2, text.starts(with: Array("eyJ".utf8)) {
            return JWTError(
                .jwtFormat,
                "\(expected), found \(dots == 0 ? "one" : "two"): the JWT goes on after the end of the line, "
                    + "where a terminal wrapped it, or was cut")
        }
        switch dots {
        case 0: return JWTError(.jwtFormat, "\(expected), found no dot")
        case 1: return JWTError(.jwtFormat, "\(expected), found two (an attestation token has two)")
        case 4: return JWTError(.jwtFormat, "\(expected), found five: an encrypted token (JWE)")
        default: return JWTError(.jwtFormat, "\(expected), found \(dots + 1)")
        }
    }

    private static func decode(_ part: ArraySlice<UInt8>, _ name: String) throws(JWTError) -> [UInt8] {
        do {
            return try Base64.decodeURL(part)
        } catch {
            throw JWTError(.base64URL, "\(name): \(error.message)")
        }
    }

    /// One JSON object and nothing else; white space around it is JSON's and allowed.
    static func object(_ bytes: [UInt8], _ name: String) throws(JWTError) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes, limits: jsonLimits)
        } catch {
            let place = error.line > 0 ? " at line \(error.line), column \(error.column)" : ""
            throw JWTError(.jwtFormat, "\(name): \(error.message)\(place)")
        }
        guard case .object(let object) = value else {
            throw JWTError(.jwtFormat, "\(name): expected a JSON object, found \(value.kind)")
        }
        return object
    }
}

/// The header of a JWS (RFC 7515 section 4), unverified.
///
/// `jwk`, `jku`, `x5c` and `x5u` are never a source of keys: they are parameters like any unknown one and ignored.
public struct JOSEHeader: Sendable {
    /// All parameters in the order of the token.
    public let parameters: JSONObject
    /// The text of `alg`, whatever it says.
    public let algorithm: String
    /// The text of `kid`.
    public let keyID: String?

    init(_ bytes: [UInt8]) throws(JWTError) {
        parameters = try CompactJWS.object(bytes, "header")
        guard let algorithm = parameters["alg"] else {
            throw JWTError(.jwtFormat, "header: expected a member 'alg', found none")
        }
        guard case .string(let algorithm) = algorithm else {
            throw JWTError(.jwtFormat, "header: expected alg to be a string, found \(algorithm.kind)")
        }
        self.algorithm = algorithm
        switch parameters["kid"] {
        case nil: keyID = nil
        case .string(let text)?: keyID = text
        case let other?:
            throw JWTError(.jwtFormat, "header: expected kid to be a string, found \(other.kind)")
        }
    }

    /// Why the token cannot be processed as an ordinary JWS (RFC 7515 section 4.1.11, RFC 7797 section 3).
    var extensionFailure: CheckFailure? {
        if parameters["crit"] != nil {
            return CheckFailure(
                .jwtFormat, "the header has crit: it demands extensions, of which none is known")
        }
        guard let encoded = parameters["b64"], encoded != .bool(true) else { return nil }
        return CheckFailure(.jwtFormat, "the header has b64: an unencoded payload is not accepted")
    }
}
