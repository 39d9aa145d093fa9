public import Attestation
import CBOR
import COSE
import TestSupport
public import DeviceIdentity
public import OpenSSL

/// A device that never was: its identity follows from the seed, and it signs as a modem does.
public struct TestDevice: Sendable {
    struct Impossible: Error {}

    public let uuid: DeviceUUID
    public let imei: IMEI
    public let publicKey: P256PublicKey
    private let scalar: [UInt8]

    public init(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let number = random.next() % 100_000_000_000_000
        let identity = random.bytes(16)
        // The top bit clear: below the order of the group. The lowest bit set: not zero.
        var secret = random.bytes(32)
        secret[0] &= 0x7f
        secret[31] |= 1
        guard let uuid = DeviceUUID(bytes: identity[...]), let imei = Self.imei(number),
            let key = P256PublicKey(spki: try PrivateKey.p256(scalar: secret).publicKey.spki[...])
        else { throw Impossible() }
        self.uuid = uuid
        self.imei = imei
        publicKey = key
        scalar = secret
    }

    /// The IMEI of these 14 digits: its check digit is the one of ten that is right.
    private static func imei(_ number: UInt64) -> IMEI? {
        let digits = String(number)
        let padded = String(repeating: "0", count: 14 - digits.count) + digits
        return (0...9).lazy.compactMap { IMEI(text: padded + String($0)) }.first
    }

    public var spkiBase64: String {
        String(decoding: Base64.encode(publicKey.spki, .standard), as: UTF8.self)
    }

    /// What `%ATTESTTOKEN` answers.
    ///
    /// - Parameter nonce: 16 bytes.
    public func attestation(nonce: [UInt8], signer: P256Arithmetic, negatesS: Bool = false) throws -> String {
        var message = CBORWriter()
        message.tag(55_799)
        message.arrayHeader(5)
        message.unsigned(1)
        message.byteString(uuid.bytes)
        message.unsigned(3)
        message.byteString([UInt8](repeating: 0x1a, count: 16))
        message.byteString(nonce)
        return try token(
            firstPart: message.bytes, payload: nil, profile: .bound, signer: signer, negatesS: negatesS)
    }

    /// What `%KEYGEN` answers for a public key; the new key is the one of `subject`.
    public func keyGeneration(
        of subject: P256PublicKey, nonce: [UInt8], profile: SigningProfile, signer: P256Arithmetic
    ) throws -> String {
        let firstPart = subject.spki
        var tag = CBORWriter()
        tag.unsigned(16)
        var message = CBORWriter()
        message.tag(55_799)
        message.arrayHeader(5)
        message.unsigned(8)
        message.byteString(uuid.bytes)
        message.byteString(tag.bytes)
        message.byteString(Digest.sha256(firstPart))
        message.byteString(nonce)
        return try token(firstPart: firstPart, payload: message.bytes, profile: profile, signer: signer)
    }

    /// What `%KEYGEN` answers for a request.
    ///
    /// - Parameter device: the device that the token says it is of; the signature is this device's all the same.
    public func keyGeneration(
        certifying request: [UInt8], nonce: [UInt8], profile: SigningProfile, signer: P256Arithmetic,
        claiming device: DeviceUUID? = nil
    ) throws -> String {
        var tag = CBORWriter()
        tag.unsigned(16_842_753)
        var message = CBORWriter()
        message.tag(55_799)
        message.arrayHeader(5)
        message.unsigned(9)
        message.byteString((device ?? uuid).bytes)
        message.byteString(tag.bytes)
        message.byteString(Digest.sha256(request))
        message.byteString(nonce)
        return try token(firstPart: request, payload: message.bytes, profile: profile, signer: signer)
    }

    /// A signature of the identity key, r and s in 64 bytes.
    public func signature(over text: [UInt8], signer: P256Arithmetic) throws -> [UInt8] {
        try signer.signDeterministically(digest: Digest.sha256(text), scalar: scalar)
    }

    private func token(
        firstPart: [UInt8], payload: [UInt8]?, profile: SigningProfile, signer: P256Arithmetic,
        negatesS: Bool = false
    ) throws -> String {
        let protected: [UInt8] = [0xa1, 0x01, 0x26]
        let signed = SigStructure.encode(
            protected: protected[...], externalAAD: profile == .bound ? firstPart[...] : [],
            payload: payload.map { .bytes($0[...]) } ?? .null)
        var signature = try signer.signDeterministically(digest: Digest.sha256(signed), scalar: scalar)
        if negatesS { signature = Self.negatingS(signature) }
        var envelope = CBORWriter()
        envelope.tag(18)
        envelope.arrayHeader(4)
        envelope.byteString(protected)
        envelope.mapHeader(1)
        envelope.unsigned(4)
        envelope.byteString([0x21])
        if let payload { envelope.byteString(payload) } else { envelope.null() }
        envelope.byteString(signature)
        let parts = [firstPart, envelope.bytes].map {
            String(decoding: Base64.encode($0, .url), as: UTF8.self)
        }
        return parts.joined(separator: ".")
    }

    /// The other signature that anybody can make of one: s becomes n − s, and it still verifies.
    private static func negatingS(_ signature: [UInt8]) -> [UInt8] {
        let order: [UInt8] = [
            0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ]
        var negated = signature
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(signature[32 + index]) - borrow
            borrow = difference < 0 ? 1 : 0
            negated[32 + index] = UInt8(truncatingIfNeeded: difference)
        }
        return negated
    }
}
