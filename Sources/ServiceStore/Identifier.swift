import DeviceIdentity

/// Identifiers that the service gives out.
package enum Identifier {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// A ULID: 48 bits of milliseconds and 80 random bits as 26 characters of Crockford's base 32, so that
    /// identifiers sort by time.
    ///
    /// - Parameter randomness: 10 octets; missing ones count as 0.
    package static func ulid(milliseconds: Int64, randomness: [UInt8]) -> String {
        let time = UInt64(clamping: milliseconds) & 0xffff_ffff_ffff
        var octets: [UInt8] = (0..<6).map { UInt8(truncatingIfNeeded: time >> (40 - 8 * UInt64($0))) }
        octets += (0..<10).map { $0 < randomness.count ? randomness[$0] : 0 }
        // 128 bits are 25 digits and 3 bits in front.
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 2
        for octet in octets {
            buffer = (buffer << 8 | UInt32(octet)) & 0xfff
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(digits[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A random UUID (RFC 9562 version 4) of 16 octets; nil of fewer.
    package static func uuid(randomness: [UInt8]) -> String? {
        guard randomness.count == 16 else { return nil }
        var octets = randomness
        octets[6] = octets[6] & 0x0f | 0x40
        octets[8] = octets[8] & 0x3f | 0x80
        return DeviceUUID(bytes: octets[...])?.description
    }
}
