import DeviceIdentity
import OpenSSL
import Simulator
import Testing

@Suite("Seeds of fleets")
struct FleetSeedTests {
    /// RFC 5869 appendix A.1 and A.3.
    @Test func derivesAsTheStandardSays() {
        let first = KeyDerivation.extract(
            salt: Array(0x00...0x0c), secret: [UInt8](repeating: 0x0b, count: 22))
        #expect(
            Hex.encode(first) == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
        #expect(
            Hex.encode(KeyDerivation.expand(key: first, info: Array(0xf0...0xf9), count: 42))
                == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        let third = KeyDerivation.extract(salt: [], secret: [UInt8](repeating: 0x0b, count: 22))
        #expect(
            Hex.encode(KeyDerivation.expand(key: third, info: [], count: 42))
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
    }

    @Test func givesTheSameForTheSameText() {
        let seed = FleetSeed("bench")
        #expect(
            seed.scalar("identity key", device: 7) == FleetSeed("bench").scalar("identity key", device: 7))
        let others = [
            seed.scalar("identity key", device: 8), seed.scalar("client key", device: 7),
            seed.scalar("identity key", device: 7, number: 1),
            FleetSeed("bench ").scalar("identity key", device: 7),
        ]
        #expect(!others.contains(seed.scalar("identity key", device: 7)))
    }

    @Test func decidesByItsShare() {
        let seed = FleetSeed("bench")
        let lost = (0..<4_000).count { seed.fraction("lost report", device: $0, number: 1) < 0.25 }
        #expect((900...1_100).contains(lost))
    }
}
