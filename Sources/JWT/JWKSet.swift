public import DeviceIdentity
public import Diagnostics
public import JSON

/// A JWK Set (RFC 7517 section 5): keys found by `kid`.
///
/// Keys that cannot or must not verify signatures (secret, private, for encryption, of unknown kind, malformed) are
/// ignored, as the RFC wants it, and listed in ``ignored``.
public struct JWKSet: JWTKeyResolver, Sendable {
    /// A key of the set that is never used.
    public struct Ignored: Sendable, Equatable {
        /// Its place in `keys`, from 1.
        public let position: Int
        /// Why, in lower case.
        public let reason: String
    }

    public let keys: [JWTKey]
    public let ignored: [Ignored]
    // By the bytes of names: two texts that Swift calls equal may differ in them.
    private let byName: [[UInt8]: [Int]]
    private let byDigest: [[UInt8]: [Int]]

    /// Reads a JWK Set, or one JWK alone; throws with `json` if the text is neither.
    public init(parsing text: [UInt8], trust: String) throws(ToolError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw error.toolError
        }
        try self.init(value, trust: trust)
    }

    /// The set in a JSON value: an object with `keys`, or one JWK.
    public init(_ value: JSONValue, trust: String) throws(ToolError) {
        let elements: [JSONValue]
        switch (value["keys"], value["kty"]) {
        case (.array(let keys)?, _): elements = keys
        case (nil, _?): elements = [value]
        default:
            throw ToolError(
                .json,
                "expected a JWK Set, found \(value["keys"] == nil ? value.kind + " without keys" : "other keys")",
                hint: "a JWK Set is an object {\"keys\":[…]} (RFC 7517)")
        }
        var keys: [JWTKey] = []
        var ignored: [Ignored] = []
        for (index, element) in elements.enumerated() {
            do {
                let key = try JSONWebKey(element, trust: trust).key
                keys.append(key)
            } catch {
                ignored.append(Ignored(position: index + 1, reason: error.reason))
            }
        }
        self.init(keys, ignored)
    }

    private init(_ keys: [JWTKey], _ ignored: [Ignored]) {
        var byName: [[UInt8]: [Int]] = [:]
        var byDigest: [[UInt8]: [Int]] = [:]
        for (index, key) in keys.enumerated() {
            if let name = key.name { byName[Array(name.utf8), default: []].append(index) }
            byDigest[key.kid, default: []].append(index)
            byDigest[key.thumbprint, default: []].append(index)
        }
        self.keys = keys
        self.ignored = ignored
        self.byName = byName
        self.byDigest = byDigest
    }

    /// The one key that `kid` names and that suits the algorithm; without a `kid`, the one key that suits it.
    public func key(
        kid: String?, device: DeviceUUID?, algorithm: JWSAlgorithm
    ) -> Result<JWTKey, CheckFailure> {
        guard let kid else {
            return one(of: keys, algorithm, "the token has no kid, and")
                ?? unknown("the set has no key for tokens without kid")
        }
        let named = (byName[Array(kid.utf8)] ?? digest(kid).flatMap { byDigest[$0] } ?? []).map { keys[$0] }
        return one(of: named, algorithm, "for kid \(kid.shown)")
            ?? unknown("the set has no usable key with kid \(kid.shown)")
    }

    /// The bytes of a kid that is a digest: hex of 64 digits or base64url of 43.
    private func digest(_ kid: String) -> [UInt8]? {
        switch kid.utf8.count {
        case 64: Hex.decode(kid)
        case 43: try? Base64.decodeURL(Array(kid.utf8)[...])
        default: nil
        }
    }

    private func unknown(_ message: String) -> Result<JWTKey, CheckFailure> {
        .failure(CheckFailure(.unknownKey, message))
    }

    /// One of the candidates. Several under one name are alternatives of different kinds (RFC 7517 section 4.5);
    /// where more than one suits, none is taken.
    private func one(
        of candidates: [JWTKey], _ algorithm: JWSAlgorithm, _ which: String
    ) -> Result<JWTKey, CheckFailure>? {
        let suitable = candidates.filter { $0.suits(algorithm) }
        guard let key = suitable.first ?? candidates.first else { return nil }
        let rivals = suitable.filter { $0.spki != key.spki }.count
        guard rivals == 0 else {
            return unknown("\(which) the set has \(rivals + 1) keys for \(algorithm.rawValue), expected one")
        }
        return .success(key)
    }
}
