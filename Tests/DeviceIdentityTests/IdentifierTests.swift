import DeviceIdentity
import Diagnostics
import TestSupport
import Testing

@Suite struct DeviceUUIDTests {
    @Test(arguments: [
        ("50363154-3931-44f0-8022-121b6401627d", "50363154393144f08022121b6401627d"),
        ("00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffffffffffffffffffffffffffff"),
    ])
    func readsTextAndBytes(text: String, hex: String) throws {
        let uuid = try DeviceUUID(text: text)
        #expect(uuid.description == text)
        #expect(Hex.encode(uuid.bytes) == hex)
        #expect(try DeviceUUID(text: text.uppercased()) == uuid)
        let bytes = try #require(Hex.decode(hex))
        #expect(DeviceUUID(bytes: bytes[...]) == uuid)
        #expect(DeviceUUID(bytes: ([9] + bytes).dropFirst()) == uuid)
        #expect(DeviceUUID(bytes: bytes.dropLast()) == nil)
        #expect(DeviceUUID(bytes: (bytes + [0])[...]) == nil)
        #expect(DeviceUUID(bytes: []) == nil)
    }

    @Test(arguments: [
        "", "50363154", "50363154393144f08022121b6401627d", "50363154-3931-44f0-8022-121b6401627",
        "50363154-3931-44f0-8022-121b6401627d0", " 50363154-3931-44f0-8022-121b6401627d",
        "50363154-3931-44f0-8022-121b6401627d\n", "{0363154-3931-44f0-8022-121b6401627d",
        "5036315-43931-44f0-8022-121b6401627d", "50363154_3931_44f0_8022_121b6401627d",
        "50363154-3931-44g0-8022-121b6401627d", "５0363154-3931-44f0-8022-121b64016",
        "-0363154-3931-44f0-8022-121b6401627d",
    ])
    func refusesOtherText(text: String) {
        #expect {
            try DeviceUUID(text: text)
        } throws: { error in
            (error as? ToolError)?.code == .usage
                && (error as? ToolError)?.message
                    == "expected a device UUID (8-4-4-4-12 hexadecimal digits), found '\(text)'"
        }
    }

    @Test func doesNotRepeatLongText() {
        let text = String(repeating: "x", count: 65)
        #expect {
            try DeviceUUID(text: text)
        } throws: { error in
            (error as? ToolError)?.message
                == "expected a device UUID (8-4-4-4-12 hexadecimal digits), found 65 characters"
        }
    }

    @Test func everyValueHasOneText() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<1_000 {
            let bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
            let uuid = try #require(DeviceUUID(bytes: bytes[...]))
            #expect(uuid.bytes == bytes)
            #expect(try DeviceUUID(text: uuid.description) == uuid)
        }
    }
}

@Suite struct SecTagTests {
    @Test(
        arguments: [
            ("0", 0, false, false), ("1", 1, false, false), ("16842753", 16_842_753, false, false),
            ("2147483647", 2_147_483_647, false, false), ("2147483648", 2_147_483_648, true, true),
            ("2147483667", 2_147_483_667, true, true), ("2147483668", 2_147_483_668, true, false),
            ("4294967295", 4_294_967_295, true, false),
        ] as [(String, UInt32, Bool, Bool)])
    func reads(text: String, value: UInt32, isReserved: Bool, isForTests: Bool) throws {
        let tag = try SecTag(text: text)
        #expect(tag.rawValue == value)
        #expect(tag.description == text)
        #expect(tag.isReservedForModem == isReserved)
        #expect(tag.isForTests == isForTests)
        #expect(tag == SecTag(value))
    }

    @Test(arguments: [
        "", "00", "01", "+1", "-1", "1.0", "1e3", "0x10", " 1", "1 ", "1\n", "4294967296", "42949672950",
        "99999999999999999999", "one", "１", "1_000",
    ])
    func refuses(text: String) {
        #expect {
            try SecTag(text: text)
        } throws: { error in
            (error as? ToolError)?.code == .usage
                && (error as? ToolError)?.message
                    == "expected a security tag (a decimal number), found '\(text)'"
        }
    }

    @Test func isOrderedByNumber() {
        #expect(
            [SecTag(10), SecTag(9), .nrfCloud, .largestForApplications].sorted().map(\.rawValue) == [
                9, 10, 16_842_753, 2_147_483_647,
            ])
    }
}

@Suite struct DeviceTypeTests {
    @Test(
        arguments: [
            (0, "Unknown:0"), (1, "nRF9160 SIAA"), (2, "nRF9160 SIBA"), (3, "nRF9160 SICA"),
            (4, "nRF9161 LACA"),
            (5, "nRF9131 LACA"), (6, "nRF9151 LACA"), (7, "Unknown:7"), (16, "Unknown:16"), (17, "nRF9220"),
            (18, "Unknown:18"), (.max, "Unknown:18446744073709551615"),
        ] as [(UInt64, String)])
    func names(code: UInt64, name: String) {
        #expect(DeviceType(code: code).description == name)
        #expect(DeviceType(code: code).code == code)
    }
}

@Suite struct IMEITests {
    @Test(arguments: ["355025930000003", "355025930000102", "490154203237518", "000000000000000"])
    func reads(text: String) {
        #expect(IMEI(text: text)?.description == text)
    }

    @Test func onlyOneCheckDigitIsRight() {
        for digit in 0...9 {
            #expect((IMEI(text: "49015420323751\(digit)") != nil) == (digit == 8))
        }
    }

    @Test func everyExchangeOfOneDigitIsFound() {
        let digits = Array("355025930000003")
        for index in digits.indices {
            for digit in "0123456789" where digit != digits[index] {
                var changed = digits
                changed[index] = digit
                #expect(IMEI(text: String(changed)) == nil)
            }
        }
    }

    @Test(arguments: [
        "", "35502593000000", "3550259300000030", "35502593000000a", " 355025930000003", "355025930000003 ",
        "-55025930000003", "３55025930000003", "355 25930000003",
    ])
    func refuses(text: String) {
        #expect(IMEI(text: text) == nil)
    }
}

@Suite struct HexTests {
    @Test(arguments: [("", []), ("00", [0]), ("ff", [255]), ("0a1B", [10, 27])] as [(String, [UInt8])])
    func decodes(text: String, bytes: [UInt8]) {
        #expect(Hex.decode(text) == bytes)
        #expect(Hex.encode(bytes) == text.lowercased())
    }

    @Test(arguments: ["0", "000", "0g", "g0", " 00", "0x00", "00\n", "００", "-1", "+1", "0 0", "\u{0}0"])
    func refuses(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func everyByteHasOneText() {
        for byte in UInt8.min...UInt8.max { #expect(Hex.decode(Hex.encode([byte])) == [byte]) }
        var accepted = 0
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let text = String(decoding: [first, second], as: UTF8.self)
                if Hex.decode(text)?.count == 1 { accepted += 1 }
            }
        }
        #expect(accepted == 22 * 22)
    }
}
