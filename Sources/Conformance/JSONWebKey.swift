import DeviceIdentity
import Diagnostics
import JSON
import JWT
import OpenSSL
import PKIX

/// A JSON Web Key (RFC 7517) that holds a public key or a key pair.
struct JSONWebKey {
    private let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    /// The public key; where the private half is there too, the two have to belong together.
    func publicKey() throws(Refusal) -> SubjectPublicKeyInfo {
        let info: SubjectPublicKeyInfo
        do {
            info = try components().publicKeyInfo()
        } catch let error as CheckFailure {
            throw Refusal(error)
        } catch let error as Refusal {
            throw error
        } catch {
            throw Refusal("\(error)")
        }
        try checkPurpose(of: info)
        if JWKPurpose.isPrivate(object) { try checkPrivateHalf(of: info) }
        return info
    }

    /// What the JWK says that the key is for (RFC 7517 sections 4.2 to 4.4) must not keep it from signatures, nor name an
    /// algorithm of another kind of key.
    private func checkPurpose(of info: SubjectPublicKeyInfo) throws(Refusal) {
        if let reason = JWKPurpose.objection(to: object) { throw Refusal("JWK: \(reason)") }
        if object["kid"] != nil { _ = try text("kid") }
        if object["alg"] != nil {
            guard let algorithm = JWSAlgorithm(rawValue: try text("alg")),
                algorithm.fits(try info.acceptedKind().orRefused())
            else { throw Refusal("expected an alg in the JWK that suits its key, found another") }
        }
    }

    private func components() throws(Refusal) -> PublicKeyComponents {
        switch try text("kty") {
        case "EC":
            guard let curve = PublicKeyComponents.Curve(rawValue: try text("crv")) else {
                throw Refusal("expected the curve P-256, P-384 or P-521 in the JWK")
            }
            return .elliptic(curve, x: try bytes("x"), y: try bytes("y"))
        case "OKP":
            guard try text("crv") == "Ed25519" else { throw Refusal("expected the curve Ed25519 in the JWK") }
            return .ed25519(try bytes("x"))
        case "RSA": return .rsa(modulus: try bytes("n"), exponent: try bytes("e"))
        default: throw Refusal("expected the key type EC, OKP or RSA in the JWK")
        }
    }

    private func text(_ name: String) throws(Refusal) -> String {
        guard let text = object[name]?.stringValue else {
            throw Refusal("expected a string '\(name)' in the JWK")
        }
        return text
    }

    private func bytes(_ name: String) throws(Refusal) -> [UInt8] {
        do {
            return try Base64.decodeURL(Array(try text(name).utf8)[...])
        } catch let error as Base64Error {
            throw Refusal("JWK member '\(name)': \(error.message)")
        } catch let error as Refusal {
            throw error
        } catch {
            throw Refusal("\(error)")
        }
    }

    /// Reads the private half and has it sign what the public half verifies.
    private func checkPrivateHalf(of info: SubjectPublicKeyInfo) throws(Refusal) {
        let der = try privateKeyInfo()
        let algorithm: SignatureAlgorithm
        switch try info.acceptedKind().orRefused() {
        case .ed25519: algorithm = .ed25519
        case .rsa: algorithm = .rsaPKCS1(.sha256)
        default: algorithm = .ecdsa(.sha256)
        }
        let probe: [UInt8] = Array("pairwise consistency".utf8)
        guard
            case .privateKey(let key)? = try? KeyDocument.read(
                PEMWriter.encode(label: "PRIVATE KEY", der: der), passphrase: nil),
            let signature = try? key.sign(probe, algorithm: algorithm),
            try info.usableKey().orRefused().isValid(signature: signature, over: probe, algorithm: algorithm)
        else { throw Refusal("the private half of the JWK does not fit its public half") }
    }

    /// The key pair as PKCS #8 (RFC 5958), the form that the key reader takes.
    private func privateKeyInfo() throws(Refusal) -> [UInt8] {
        var key = DERWriter()
        var algorithm = DERWriter()
        switch try text("kty") {
        case "EC":
            let secret = try bytes("d")
            // RFC 7518 section 6.2.2.1: as long as the curve's order.
            guard let curve = PublicKeyComponents.Curve(rawValue: try text("crv")),
                secret.count == curve.width
            else { throw Refusal("expected a private number as long as a coordinate in the JWK") }
            algorithm.objectIdentifier(.ecPublicKey)
            algorithm.objectIdentifier(curve.identifier)
            key.sequence { writer in
                writer.unsignedInteger([1])
                writer.octetString(secret)
            }
        case "OKP":
            let secret = try bytes("d")
            guard secret.count == 32 else {
                throw Refusal("expected an Ed25519 private key of 32 octets in the JWK")
            }
            algorithm.objectIdentifier(.ed25519)
            key.octetString(secret)
        default:
            var numbers: [[UInt8]] = []
            for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] { numbers.append(try bytes(name)) }
            algorithm.objectIdentifier(.rsaEncryption)
            algorithm.null()
            key.sequence { writer in
                writer.unsignedInteger([])
                for number in numbers { writer.unsignedInteger(number) }
            }
        }
        var outer = DERWriter()
        outer.sequence { writer in
            writer.unsignedInteger([])
            writer.sequence { $0.raw(algorithm.bytes) }
            writer.octetString(key.bytes)
        }
        return outer.bytes
    }
}
