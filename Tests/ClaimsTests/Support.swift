import Claims
import DeviceIdentity
import Diagnostics
import Foundation
import OpenSSL
import TestSupport

/// A device that makes attestation tokens.
struct TestDevice {
    let uuid: DeviceUUID
    let token: String

    /// - Parameter key: signs the token; without one the signature is noise.
    init(_ random: inout SplitMix64, key: PrivateKey? = nil, uuid given: DeviceUUID? = nil) throws {
        let identity = given?.bytes ?? Array("P61T".utf8) + random.bytes(12)
        uuid = try unwrapped(DeviceUUID(bytes: identity[...]))
        var message: [UInt8] = [0xd9, 0xd9, 0xf7, 0x85, 0x01, 0x50]
        message += identity + [0x03, 0x50] + random.bytes(16) + [0x50] + random.bytes(16)
        var signature = random.bytes(64)
        if let key {
            // What the identity key signs: the message as external data, no payload.
            let head: [UInt8] = [0x84, 0x6a] + Array("Signature1".utf8) + [0x43, 0xa1, 0x01, 0x26, 0x58]
            let signed = head + [UInt8(message.count)] + message + [0xf6]
            signature = Self.raw(try P256Signer(key: key).sign(digest: Digest.sha256(signed)))
        }
        let envelope: [UInt8] = [
            0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa1, 0x04, 0x41, 0x21, 0xf6, 0x58, 0x40,
        ]
        token = Self.base64(message) + "." + Self.base64(envelope + signature)
    }

    /// `r || s` of a DER `ECDSA-Sig-Value`.
    private static func raw(_ der: [UInt8]) -> [UInt8] {
        var rest = der.dropFirst(2)
        return (0..<2).flatMap { _ -> [UInt8] in
            let count = Int(rest.dropFirst().first ?? 0)
            let value = rest.dropFirst(2).prefix(count)
            rest = rest.dropFirst(2 + count)
            return Array(repeating: 0, count: max(0, 32 - value.count)) + value.suffix(32)
        }
    }

    /// The row that the utilities would write.
    var row: String { "352656106111233,\(uuid),\(token),2026-02-03T04:05:06.123456+00:00" }

    private static func base64(_ bytes: [UInt8]) -> String {
        String(decoding: Base64.encode(bytes, .url), as: UTF8.self)
    }
}

struct Missing: Error {}

/// The value, or an error where there is none.
func unwrapped<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}

extension ClaimFinding {
    /// The finding in one line, for comparisons.
    var summary: String {
        let place = [column.map { String($0) }, field?.rawValue].compactMap { $0 }.joined(separator: " ")
        return "\(severity) \(failure.code.rawValue) [\(place)] \(failure.message)"
    }
}
