import OpenSSL
import TestSupport
import Testing

/// Which points are on P-256, by our own equation and by libcrypto's reading of the same key.
@Suite struct CurveTests {
    /// p of P-256, big-endian.
    private static let prime: [UInt8] =
        [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
        + [UInt8](repeating: 0xff, count: 12)

    private func agree(_ point: [UInt8]) throws -> Bool {
        let key = try #require(P256PublicKey(x963: point[...]))
        let isRead = (try? PublicKey(spki: key.spki)) != nil
        #expect(key.isOnCurve == isRead)
        return key.isOnCurve
    }

    @Test func pointsAndWhatLooksLikeThem() throws {
        var random = SplitMix64(seed: 256)
        let arithmetic = try P256Arithmetic()
        for _ in 0..<300 {
            let scalar = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
            let point = try arithmetic.publicPoint(ofScalar: scalar)
            #expect(try agree(point))
            var damaged = point
            let place = Int.random(in: 1..<65, using: &random)
            damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            #expect(try !agree(damaged))
            #expect(try !agree([4] + point[33...] + point[1..<33]))
        }
    }

    @Test func coordinatesAtTheEdges() throws {
        let zero = [UInt8](repeating: 0, count: 32)
        let all = [UInt8](repeating: 0xff, count: 32)
        for (x, y) in [
            (zero, zero), (all, all), (Self.prime, zero), (zero, Self.prime), (Self.prime, Self.prime),
        ] {
            #expect(try !agree([4] + x + y))
        }
        // x = 0 is on the curve; written as p it is the same number in a way that is refused.
        let y: [UInt8] = [
            0x66, 0x48, 0x5c, 0x78, 0x0e, 0x2f, 0x83, 0xd7, 0x24, 0x33, 0xbd, 0x5d, 0x84, 0xa0, 0x6b, 0xb6,
            0x54, 0x1c, 0x2a, 0xf3, 0x1d, 0xae, 0x87, 0x17, 0x28, 0xbf, 0x85, 0x6a, 0x17, 0x4f, 0x93, 0xf4,
        ]
        #expect(try agree([4] + zero + y))
        #expect(try !agree([4] + Self.prime + y))
    }
}
