import DeviceIdentity
import Diagnostics
import TestSupport
import Testing

/// Which devices a text names, and how it writes them.
@Suite struct NamedDevicesTests {
    static let uuid = "50363154-3931-44f0-8022-121b6401627d"
    static let imei = "352656100367872"

    private func named(_ text: String) -> NamedDevices {
        let found = NamedDevices(in: text.unicodeScalars)
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            #expect(NamedDevices(ascii: Array(text.utf8)[...]) == found)
        }
        return found
    }

    @Test(arguments: [
        uuid, uuid.uppercased(), "nrf-\(uuid)", "device \(uuid) of lot 7", "x\(uuid)", "oil-\(uuid)",
        "sensor.\(uuid).example",
    ])
    func writtenAsItIs(_ text: String) throws {
        #expect(named(text).uuids == [.init(uuid: try DeviceUUID(text: Self.uuid), isCanonical: true)])
    }

    private static let plain: String = uuid.filter { $0 != "-" }

    private static let layouts: [String] = [
        " \(uuid)", "\(uuid) ", "{\(uuid)}", "urn:uuid:\(uuid)", "URN:UUID:\(uuid)", "uuid \(uuid)",
        "\u{3000}\(uuid)", plain, plain.uppercased(), "nrf-\(plain)", "'\(uuid)'", "\"\(uuid)\"", "(\(uuid))",
        "\(uuid).", "50363154393144f0-8022121b6401627d", "5036-3154-3931-44f0-8022-121b-6401-627d",
    ]

    private static let separators: [String] =
        ["\u{2010}", "\u{2011}", "\u{2212}", "\u{FF0D}", " ", ":", "_", "."].map { uuid.replacingDashes($0) }
        + [uuid.map { "\($0) " }.joined()]

    /// Digits and letters that look alike.
    private static let glyphs: [String] =
        ["\u{FF15}", "\u{0665}", "\u{1D7DD}", "\u{2464}", "\u{2075}"].map { "\($0)\(uuid.dropFirst())" }
        + ["\u{FF24}", "\u{1D41D}", "\u{24D3}"].map { "\(uuid.dropLast())\($0)" }
        + [("b", "\u{0432}"), ("0", "O"), ("1", "l"), ("1", "I"), ("f", "\u{A730}")].map { pair in
            uuid.replacing(pair.0, with: pair.1)
        }

    /// What nobody sees, and marks.
    private static let hidden: [String] = [
        "\u{200B}", "\u{FEFF}", "\u{A0}", "\u{202E}", "\u{2066}", "\u{AD}", "\u{2060}", "\u{336}", "\u{FE0F}",
        "\u{E0100}", "\u{2800}", "\u{115F}",
    ].flatMap { character in
        ["\(character)\(uuid)", "\(uuid)\(character)", "\(uuid.prefix(5))\(character)\(uuid.dropFirst(5))"]
    }

    static let disguises: [String] = layouts + separators + glyphs + hidden

    @Test(arguments: disguises)
    func writtenOtherwise(_ text: String) throws {
        let found = named(text).uuids
        #expect(found.map(\.uuid) == [try DeviceUUID(text: Self.uuid)], "\(text.escapedForTerminal)")
        #expect(found.allSatisfy { !$0.isCanonical }, "\(text.escapedForTerminal)")
    }

    @Test(arguments: [
        "", "sensor-7", "deadbeef", String(repeating: "5", count: 31), String(repeating: "ab", count: 32),
        "50363154-3931-44f0-8022-121b6401627", "gg363154-3931-44f0-8022-121b6401627d",
        "xn--80ak6aa92e", "Assay Devices Bangalore Private Limited",
    ])
    func nothing(_ text: String) {
        #expect(named(text).uuids == [])
        #expect(named(text).imeis.filter(\.isCertain) == [])
    }

    static let numbers: [String] = [
        imei, "nrf-\(imei)", "NRF_\(imei)", "imei:\(imei)", "IMEI\(imei)", "35-265610-036787-2",
        "352656-10-036787-2", "35265610 036787 2", "sensor \(imei) in hall 3", "x\(imei)y", "o-\(imei)",
        "\u{FF13}\(imei.dropFirst())", "\u{0663}\(imei.dropFirst())",
        "\(imei.prefix(4))\u{200D}\(imei.dropFirst(4))", "nrf-3526561003678720", "352656IOO367872",
        "imei 352656100367870",
    ]

    @Test(arguments: numbers)
    func certainIMEIs(_ text: String) {
        let serials = named(text).imeis.filter(\.isCertain).map(\.serial)
        #expect(serials == [35_265_610_036_787], "\(text.escapedForTerminal)")
    }

    /// Numbers that a registry alone can tell to be IMEIs: without their check digit, with a version, with a wrong digit.
    @Test(arguments: ["35265610036787", "3526561003678701", "352656100367870", "3 52656100367872"])
    func possibleIMEIs(_ text: String) {
        let found = named(text).imeis
        #expect(found.contains { $0.serial == 35_265_610_036_787 }, "\(text)")
        #expect(found.filter(\.isCertain) == [], "\(text)")
    }

    /// Numbers that run on are others.
    @Test(arguments: ["8935265610036787201", "35265610036787212345", "3526561003678"])
    func otherNumbers(_ text: String) {
        #expect(named(text).imeis == [])
    }

    @Test func severalAreAllFound() throws {
        let other = "50343956-3037-4738-800d-1f29e0a0f7bf"
        let found = named("\(Self.uuid) \(other) nrf-\(Self.imei)")
        #expect(try found.uuids.map(\.uuid) == [DeviceUUID(text: Self.uuid), DeviceUUID(text: other)])
        #expect(found.imeis.filter(\.isCertain).map(\.serial) == [35_265_610_036_787])
        #expect(IMEI(text: Self.imei)?.serial == 35_265_610_036_787)
        #expect(IMEI(text: Self.imei)?.number == 352_656_100_367_872)
    }

    /// Whatever the text, there is an answer.
    @Test func anyTextHasAnAnswer() {
        var random = SplitMix64(seed: 7)
        let alphabet = Array(
            "0123456789abcdefOIl -:{}nrfimei\u{200B}\u{FF15}\u{0665}\u{0301}\u{10FFFD}".unicodeScalars)
        for _ in 0..<3_000 {
            let length = Int(random.next() % 90)
            let text = (0..<length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            for found in NamedDevices(in: text).imeis { #expect(found.serial < 100_000_000_000_000) }
        }
    }
}

extension String {
    fileprivate func replacingDashes(_ text: String) -> String { replacing("-", with: text) }
}
