import DeviceIdentity
import TestSupport
import Testing

/// UUIDs and IMEIs that other digits touch: a prefix that ends in a letter a…f, a counter after it, a digest around it.
@Suite struct TouchedNumberTests {
    private static let uuid = NamedDevicesTests.uuid
    private static let plain: String = uuid.filter { $0 != "-" }
    private static let imei = NamedDevicesTests.imei
    private static let serial: Int64 = 35_265_610_036_787

    private func named(_ text: String) -> NamedDevices {
        let found = NamedDevices(in: text.unicodeScalars)
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            #expect(NamedDevices(ascii: Array(text.utf8)[...]) == found)
        }
        return found
    }

    /// The hyphens say where it begins.
    @Test(arguments: [
        "device\(uuid)", "nrf\(uuid)", "fe\(uuid)", "\(uuid)a", "edge-node\(uuid)", "\(uuid)0", "f\(uuid)f",
        "ABC\(uuid)DEF", "0\(uuid)", "model\(uuid)", "\(uuid)-a", "a-\(uuid)", "0123456789\(uuid)0123456789",
        "caf\u{E9}\(uuid)", "cafe\u{301}\(uuid)", "\u{17D}\u{10F}\u{E1}r \(uuid)",
        "Z\u{30C}d\u{30C}a\u{301}r \(uuid)",
    ])
    func inGroups(_ text: String) throws {
        #expect(named(text).uuids == [.init(uuid: try DeviceUUID(text: Self.uuid), isCanonical: true)])
    }

    @Test(arguments: ["_", ":", " ", "\u{2010}", "|", "\u{2500}", "\u{2022}", "\u{4E00}", "\u{2CB}"])
    func inGroupsOtherwise(_ separator: String) throws {
        let written = Self.uuid.replacing("-", with: separator)
        for text in ["device\(written)", "\(written)a", "x\(written)", written.replacing("1", with: "l")] {
            let found = named(text).uuids
            #expect(found == [.init(uuid: try DeviceUUID(text: Self.uuid), isCanonical: false)], "\(text)")
        }
    }

    /// What a registry alone can tell.
    @Test(arguments: [
        "nrf\(plain)", "device\(plain)", "\(plain)0", "0x0\(plain)", "fe\(plain)ed",
        "a5036-3154-3931-44f0-8022-121b-6401-627d", "nrf\(plain.replacing("1", with: "l"))",
        "nrf\(plain.replacing("0", with: "\u{FF10}"))", "nrf\(plain.replacing("d", with: "\u{1E0D}"))",
    ])
    func inOnePiece(_ text: String) throws {
        let found = named(text)
        #expect(found.uuids == [])
        #expect(found.possibleUUIDs.all.contains(try DeviceUUID(text: Self.uuid)))
        #expect(!found.possibleUUIDs.isOverfull)
    }

    private static let sha1 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
    private static let sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

    /// Digests are no UUIDs, and no IMEIs, whatever digits they happen to hold.
    @Test(arguments: [
        (sha1, 9), (sha256, 33), ("fw-\(sha256)", 33), ("\(sha1).zip", 9),
        ("9f86d081884c7d65\(imei)a3bf4f1b2b0b822cd15d6c15b0f00a081", 33),
    ])
    func digests(_ text: String, _ count: Int) {
        let found = named(text)
        #expect(found.uuids == [])
        #expect(found.possibleUUIDs.all.count == count)
        #expect(found.imeis.filter(\.isCertain) == [])
        #expect(!found.hasUnreadableUUID)
    }

    @Test(arguments: [
        "nrf-0\(imei)", "\(imei)00", "9\(imei)", "nrf-\(imei)12345", "00\(imei)00",
        "8937\(imei)", "352656100367870123", "3526561OO367872OO",
    ])
    func imeis(_ text: String) {
        let found = named(text)
        #expect(
            found.possibleSerials.all.contains(Self.serial)
                || found.imeis.contains { $0.serial == Self.serial })
        #expect(found.imeis.filter { $0.isCertain && $0.serial == Self.serial } == [])
    }

    /// The number that a name says it is, is no other.
    @Test(arguments: ["nrf-\(imei)", imei, "35-265610-036787-2", uuid])
    func nothingElse(_ text: String) {
        #expect(named(text).possibleSerials.all == [])
        #expect(named(text).possibleUUIDs.all == [])
    }

    /// A text of many digits has an answer soon, and says that it is not all.
    @Test func manyDigits() {
        var random = SplitMix64(seed: 3)
        let digits = (0..<32_768).map { _ in UInt8(ascii: "0") + UInt8(random.next() % 10) }
        let spaced: [UInt8] = digits.flatMap { [$0, 0x20] }
        let texts: [[UInt8]] = [digits, spaced, [UInt8](repeating: 0x31, count: 32_768)]
        for text in texts {
            let found = NamedDevices(ascii: text[...])
            #expect(found.isOverfull == (text != texts[2]))
            #expect(found.possibleUUIDs.all.count <= 1_000)
            #expect(found.possibleSerials.all.count <= 1_000)
        }
        var sum = NamedDevices(ascii: digits[..<700])
        #expect(!sum.isOverfull)
        sum.add(NamedDevices(ascii: digits[700..<1_400]))
        #expect(sum.isOverfull)
    }
}
