import DeviceIdentity
public import Diagnostics
import JSON
public import OpenSSL
public import PKIX

/// A public key that may verify tokens, and what is known of it.
public struct JWTKey: Sendable {
    enum Material: Sendable {
        /// Kept as a point: decoding a key anew costs more than verifying with it.
        case point(P256PublicKey)
        case other(PublicKey, SubjectPublicKeyInfo)
    }

    let material: Material
    /// How the key came to be known, as results print it: `given`, `trusted`, `observed`.
    public let trust: String
    /// The one algorithm that a JWK restricts its key to.
    public let algorithm: JWSAlgorithm?
    /// The text that a JWK calls its key.
    public let name: String?
    private var knownKid: [UInt8]?

    /// A device's key.
    public init(_ point: P256PublicKey, trust: String, algorithm: JWSAlgorithm? = nil, name: String? = nil) {
        material = .point(point)
        self.trust = trust
        self.algorithm = algorithm
        self.name = name
    }

    /// Any key that verifies tokens; fails with `csr-key` for others, RSA keys below 2048 bits among them (RFC 7518
    /// section 3.3).
    public init(
        _ info: SubjectPublicKeyInfo, trust: String, algorithm: JWSAlgorithm? = nil, name: String? = nil
    ) throws(CheckFailure) {
        self.trust = trust
        self.algorithm = algorithm
        self.name = name
        if let point = info.p256 {
            _ = try info.soundKind().get()
            material = .point(point)
            return
        }
        let key = try info.usableKey().get()
        if let weakness = key.kind.weakness { throw CheckFailure(.csrKey, weakness) }
        material = .other(key, info)
    }

    /// The kind of key, which decides the algorithms.
    public var kind: PublicKey.Kind {
        switch material {
        case .point: .p256
        case .other(let key, _): key.kind
        }
    }

    /// The SubjectPublicKeyInfo, DER.
    public var spki: [UInt8] {
        switch material {
        case .point(let point): point.spki
        case .other(let key, _): key.spki
        }
    }

    /// SHA-256 of the SubjectPublicKeyInfo, 32 bytes: in hex it is the `kid` of a modem.
    public var kid: [UInt8] { knownKid ?? Digest.sha256(spki) }

    /// The same key with its ``kid`` computed: a verification asks for it more than once.
    func withKid() -> JWTKey {
        var copy = self
        copy.knownKid = kid
        return copy
    }

    /// The RFC 7638 thumbprint, 32 bytes.
    public var thumbprint: [UInt8] {
        switch material {
        case .point(let point):
            PublicKeyComponents.elliptic(
                .p256, x: Array(point.point[1..<33]), y: Array(point.point[33...])
            ).thumbprint
        case .other(_, let info): info.components?.thumbprint ?? []
        }
    }

    /// Whether a token's `kid` names this key: its JWK's own name, the SHA-256 of the SubjectPublicKeyInfo in hex,
    /// or the RFC 7638 thumbprint in base64url.
    public func isNamed(_ keyID: String) -> Bool {
        if let name, name.isSame(as: keyID) { return true }
        switch keyID.utf8.count {
        case 64: return Self.isHex(keyID, of: kid)
        case 43: return Base64.encode(thumbprint, .url).elementsEqual(keyID.utf8)
        default: return false
        }
    }

    /// Whether the text is these bytes in hex, digits in either case. Once for each token, hence without a copy.
    private static func isHex(_ text: String, of bytes: [UInt8]) -> Bool {
        let digits = text.utf8.span
        guard digits.count == 2 * bytes.count else { return false }
        for (index, byte) in bytes.enumerated() {
            guard nibble(digits[2 * index]) == byte >> 4, nibble(digits[2 * index + 1]) == byte & 15 else {
                return false
            }
        }
        return true
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether the key is one for this algorithm.
    public func suits(_ algorithm: JWSAlgorithm) -> Bool {
        algorithm.fits(kind) && (self.algorithm == nil || self.algorithm == algorithm)
    }

    /// The key in a message: `a P-256 key, which makes ES256 signatures`.
    var purpose: String {
        let names = JWSAlgorithm.allCases.filter { suits($0) }.map(\.rawValue)
        return names.isEmpty ? "for no algorithm known here" : "for \(names.joined(separator: ", "))"
    }
}
