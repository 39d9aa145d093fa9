import Attestation
import COSE
import DeviceIdentity
import OpenSSL

enum Tokens {
    /// A key that signed nothing: the generator of P-256, whose private half is 1.
    private static let stranger = P256PublicKey(x963: generator[...]).map {
        IdentityKey(publicKey: $0, trust: .given)
    }
    private static let generator: [UInt8] = [
        0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
        0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
        0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
    ]

    /// One text only stands for a token, what is strict is lenient too, and a stranger's key verifies nothing.
    static func check(_ bytes: [UInt8]) -> String? {
        let lenient = try? AttestationToken(bytes[...], base64: .lenient)
        guard let token = try? AttestationToken(bytes[...]) else {
            guard let lenient else { return nil }
            return lenient.hadPadding ? nil : "a token without padding is accepted by the lenient rule only"
        }
        guard let lenient, lenient.firstPart == token.firstPart, lenient.cose.bytes == token.cose.bytes,
            !lenient.hadPadding
        else { return "the lenient rule reads another token" }
        let text =
            Base64.encode(token.firstPart, .url) + [UInt8(ascii: ".")]
            + Base64.encode(token.cose.bytes, .url)
        guard text == bytes else { return "another text stands for the same token" }
        guard token.nonce.count == 16 else { return "a nonce of another length than 16 bytes" }
        guard let uuid = try? DeviceUUID(text: token.deviceUUID.description), uuid == token.deviceUUID else {
            return "the text of the device UUID is another UUID"
        }
        guard let stranger, let verifier = try? AttestationVerifier(policy: AttestationPolicy()) else {
            return "no verifier"
        }
        if case .verified = verifier.verify(token, key: stranger) { return "verified under a stranger's key" }
        return nil
    }
}
