import DeviceIdentity
import Diagnostics
import JSON
import PKIX

/// One JWK (RFC 7517 section 4), as far as it is a public key that may verify signatures.
struct JSONWebKey {
    /// Why a key of a set is not used; RFC 7517 section 5 wants such keys ignored.
    struct Unusable: Error {
        let reason: String
    }

    let key: JWTKey

    init(_ value: JSONValue, trust: String) throws(Unusable) {
        guard case .object(let members) = value else {
            throw Unusable(reason: "expected an object, found \(value.kind)")
        }
        let type = try Self.text(members, "kty")
        if type == "oct" { throw Unusable(reason: "a secret key (oct) verifies nothing here") }
        if JWKPurpose.isPrivate(members) {
            throw Unusable(reason: "a private key; hand out the public one only")
        }
        if let reason = JWKPurpose.objection(to: members) { throw Unusable(reason: reason) }
        var algorithm: JWSAlgorithm?
        if members["alg"] != nil {
            let name = try Self.text(members, "alg")
            guard let known = JWSAlgorithm(rawValue: name) else {
                throw Unusable(reason: "alg \(name.shown) is not known here")
            }
            algorithm = known
        }
        let name = members["kid"] == nil ? nil : try Self.text(members, "kid")
        let components = try Self.components(type, members)
        do {
            key = try JWTKey(
                components.publicKeyInfo(), trust: trust, algorithm: algorithm, name: name)
        } catch {
            throw Unusable(reason: error.message)
        }
        if let algorithm, !algorithm.fits(key.kind) {
            throw Unusable(reason: "alg \(algorithm.rawValue) does not suit the kind of key")
        }
    }

    private static func components(
        _ type: String, _ members: JSONObject
    ) throws(Unusable) -> PublicKeyComponents {
        switch type {
        case "EC":
            let name = try text(members, "crv")
            guard let curve = PublicKeyComponents.Curve(rawValue: name) else {
                throw Unusable(reason: "crv \(name.shown) is not known here")
            }
            return .elliptic(curve, x: try number(members, "x"), y: try number(members, "y"))
        case "OKP":
            let name = try text(members, "crv")
            guard name == "Ed25519" else { throw Unusable(reason: "crv \(name.shown) is not known here") }
            return .ed25519(try number(members, "x"))
        case "RSA": return .rsa(modulus: try number(members, "n"), exponent: try number(members, "e"))
        default: throw Unusable(reason: "kty \(type.shown) is not known here")
        }
    }

    private static func text(_ members: JSONObject, _ name: String) throws(Unusable) -> String {
        guard let value = members[name] else {
            throw Unusable(reason: "expected a member '\(name)', found none")
        }
        guard case .string(let text) = value else {
            throw Unusable(reason: "expected \(name) to be a string, found \(value.kind)")
        }
        return text
    }

    private static func number(_ members: JSONObject, _ name: String) throws(Unusable) -> [UInt8] {
        let text = try text(members, name)
        do {
            return try Base64.decodeURL(Array(text.utf8)[...])
        } catch {
            throw Unusable(reason: "\(name): \(error.message)")
        }
    }
}
