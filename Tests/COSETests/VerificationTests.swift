import COSE
import Diagnostics
import OpenSSL
import PKIX
import Testing

/// One key of each kind that an algorithm of the registry takes.
private enum Keys {
    static let p256 = try? PrivateKey.generate(.p256)
    static let p384 = try? PrivateKey.generate(.p384)
    static let p521 = try? fromScalar([0x01] + [UInt8](repeating: 0x5a, count: 65))
    static let ed25519 = try? PrivateKey.generate(.ed25519)
    static let rsa = try? PrivateKey.generate(.rsa3072)

    /// A P-521 key as PKCS #8 (RFC 5958 around RFC 5915), which OpenSSL completes.
    private static func fromScalar(_ scalar: [UInt8]) throws -> PrivateKey {
        var key = DERWriter()
        key.sequence { writer in
            writer.unsignedInteger([1])
            writer.octetString(scalar)
        }
        var info = DERWriter()
        info.sequence { writer in
            writer.unsignedInteger([])
            writer.sequence { writer in
                writer.objectIdentifier(.ecPublicKey)
                writer.objectIdentifier(PublicKeyComponents.Curve.p521.identifier)
            }
            writer.octetString(key.bytes)
        }
        return try PrivateKey.read(
            pem: PEMWriter.encode(label: "PRIVATE KEY", der: info.bytes), passphrase: nil)
    }

    static func key(_ algorithm: COSEAlgorithm) throws -> PrivateKey {
        let key =
            switch algorithm {
            case .es256: p256
            case .es384: p384
            case .es512: p521
            case .eddsa: ed25519
            default: rsa
            }
        return try #require(key)
    }

    static var all: [PrivateKey] { [p256, p384, p521, ed25519, rsa].compactMap { $0 } }
}

@Suite struct VerificationTests {
    private static let aad = Array("external".utf8)
    private static let payload = Array("the content".utf8)

    private func protected(_ algorithm: COSEAlgorithm) -> [UInt8] {
        let argument = UInt64(bitPattern: ~algorithm.rawValue)
        switch argument {
        case ..<24: return [0xa1, 0x01, 0x20 | UInt8(argument)]
        case ..<256: return [0xa1, 0x01, 0x38, UInt8(argument)]
        default: return [0xa1, 0x01, 0x39, UInt8(argument >> 8), UInt8(argument & 0xff)]
        }
    }

    private func message(
        _ algorithm: COSEAlgorithm, signedBy key: PrivateKey, detached: Bool = false
    ) throws -> Message {
        let header = protected(algorithm)
        let signed = SigStructure.encode(
            protected: header[...], externalAAD: Self.aad[...], payload: .bytes(Self.payload[...]))
        var signature = try key.sign(signed, algorithm: algorithm.signatureAlgorithm)
        switch algorithm {
        case .es256: signature = fixedWidth(signature, 32)
        case .es384: signature = fixedWidth(signature, 48)
        case .es512: signature = fixedWidth(signature, 66)
        default: break
        }
        return Message(protected: header, payload: detached ? nil : Self.payload, signature: signature)
    }

    private func code(
        _ message: Message, _ key: PublicKey, aad: [UInt8] = aad, detached: [UInt8]? = nil
    ) throws -> ErrorCode? {
        switch try COSESign1(message.bytes).verify(key: key, externalAAD: aad, detachedPayload: detached) {
        case .success(let payload):
            #expect(payload == Self.payload)
            return nil
        case .failure(let error): return error.failure.code
        }
    }

    @Test(arguments: COSEAlgorithm.allCases)
    func everyAlgorithmVerifies(algorithm: COSEAlgorithm) throws {
        let key = try Keys.key(algorithm)
        let sound = try message(algorithm, signedBy: key)
        #expect(try code(sound, key.publicKey) == nil)
        #expect(try code(sound, key.publicKey, aad: []) == .signature)
        #expect(try code(sound, key.publicKey, aad: Self.aad + [0]) == .signature)

        var changed = sound
        changed.payload = Self.payload + [0]
        #expect(try code(changed, key.publicKey) == .signature)
        changed = sound
        changed.unprotected = octets("a0")
        #expect(try code(changed, key.publicKey) == nil)
        for bit in stride(from: 0, to: sound.signature.count * 8, by: 37) {
            changed = sound
            changed.signature[bit / 8] ^= 1 << (bit % 8)
            #expect(try code(changed, key.publicKey) == .signature)
        }
        for signature in [[], sound.signature + [0], sound.signature.dropLast(), [0] + sound.signature] {
            changed = sound
            changed.signature = Array(signature)
            #expect(try code(changed, key.publicKey) == .signature)
        }
    }

    @Test(arguments: COSEAlgorithm.allCases)
    func aDetachedPayloadHasToBeGivenAndOnlyThen(algorithm: COSEAlgorithm) throws {
        let key = try Keys.key(algorithm)
        let detached = try message(algorithm, signedBy: key, detached: true)
        #expect(try code(detached, key.publicKey, detached: Self.payload) == nil)
        #expect(try code(detached, key.publicKey, detached: []) == .signature)
        #expect(try code(detached, key.publicKey) == .cose)
        let attached = try message(algorithm, signedBy: key)
        #expect(try code(attached, key.publicKey, detached: Self.payload) == .cose)
    }

    @Test(arguments: COSEAlgorithm.allCases)
    func keysOfAnotherKindAreRefused(algorithm: COSEAlgorithm) throws {
        let own = try Keys.key(algorithm)
        let sound = try message(algorithm, signedBy: own)
        var refused = 0
        for key in Keys.all where key.publicKey.kind != own.publicKey.kind {
            #expect(try code(sound, key.publicKey) == .algorithm)
            refused += 1
        }
        #expect(refused == 4)
    }

    /// A P-384 key signs for ES256 and the reverse: sound by the arithmetic, refused for the curve.
    @Test func anAlgorithmIsBoundToItsCurve() throws {
        let p384 = try #require(Keys.p384)
        let p256 = try #require(Keys.p256)
        #expect(try code(message(.es256, signedBy: p384), p384.publicKey) == .algorithm)
        #expect(try code(message(.es384, signedBy: p256), p256.publicKey) == .algorithm)
        #expect(try code(message(.es512, signedBy: p256), p256.publicKey) == .algorithm)
    }

    @Test func anotherAlgorithmOfTheSameKeyIsRefused() throws {
        let rsa = try #require(Keys.rsa)
        let algorithms: [COSEAlgorithm] = [.ps256, .ps384, .ps512, .rs256, .rs384, .rs512]
        for signed in algorithms {
            for named in algorithms where named != signed {
                var changed = try message(signed, signedBy: rsa)
                changed.protected = protected(named)
                #expect(try code(changed, rsa.publicKey) == .signature)
            }
        }
    }

    @Test(arguments: ["", "a0", "a10138 2e", "a10101", "a10100", "a1016545533235 36", "a10441 31"])
    func unknownAndMissingAlgorithmsAreRefused(header: String) throws {
        let key = try #require(Keys.p256)
        var changed = try message(.es256, signedBy: key)
        changed.protected = octets(header)
        // An algorithm that nobody signed is none.
        changed.unprotected = octets("a10126")
        if octets(header).starts(with: [0xa1, 0x01]) { changed.unprotected = octets("a0") }
        #expect(try code(changed, key.publicKey) == .algorithm)
    }

    @Test func anotherKeyOfTheSameKindIsRefused() throws {
        let key = try #require(Keys.p256)
        let other = try PrivateKey.generate(.p256)
        #expect(try code(message(.es256, signedBy: key), other.publicKey) == .signature)
    }

    @Test func numbersAndNamesAreThoseOfTheRegistry() {
        let table = COSEAlgorithm.allCases.map { "\($0.rawValue) \($0.name)" }
        #expect(
            table == [
                "-7 ES256", "-8 EdDSA", "-35 ES384", "-36 ES512", "-37 PS256", "-38 PS384", "-39 PS512",
                "-257 RS256", "-258 RS384", "-259 RS512",
            ])
        #expect(!COSEAlgorithm.rs256.fits(.rsa(bits: 2047)) && COSEAlgorithm.rs256.fits(.rsa(bits: 2048)))
        #expect(!COSEAlgorithm.ps512.fits(.rsa(bits: 1024)))
        #expect(!COSEAlgorithm.es256.fits(.otherCurve("secp256k1")))
    }
}
