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
        if text.utf8.allSatisfy({ $0 < 0x80 }) { #expect(NamedDevices(ascii: Array(text.utf8)[...]) == found) }
        return found
    }

    @Test(arguments: [
        uuid, uuid.uppercased(), "nrf-\(uuid)", "device \(uuid) of lot 7", "x\(uuid)", "oil-\(uuid)",
        "sensor.\(uuid).example",
    ])
    func writtenAsItIs(_ text: String) throws {
        #expect(named(text).uuids == [.init(uuid: try DeviceUUID(text: Self.uuid), isCanonical: true)])
    }

    static let disguises: [String] = {
        let plain = uuid.filter { $0 != "-" }
        var texts = [
            " \(uuid)", "\(uuid) ", "{\(uuid)}", "urn:uuid:\(uuid)", "URN:UUID:\(uuid)", "uuid \(uuid)", plain,
            plain.uppercased(), "nrf-\(plain)", "'\(uuid)'", "\"\(uuid)\"", "(\(uuid))", "\(uuid).",
            uuid.replacingDashes("\u{2010}"), uuid.replacingDashes("\u{2011}"), uuid.replacingDashes("\u{2212}"),
            uuid.replacingDashes("\u{FF0D}"), uuid.replacingDashes(" "), uuid.replacingDashes(":"),
            uuid.replacingDashes("_"), uuid.replacingDashes("."), uuid.map { "\($0) " }.joined(),
            "50363154393144f0-8022121b6401627d", "5036-3154-3931-44f0-8022-121b-6401-627d",
            // Digits and letters that look alike.
            "\u{FF15}" + uuid.dropFirst(), "\u{0665}" + uuid.dropFirst(), "\u{1D7DD}" + uuid.dropFirst(),
            "\u{2464}" + uuid.dropFirst(), "\u{2075}" + uuid.dropFirst(),
            uuid.dropLast() + "\u{FF24}", uuid.dropLast() + "\u{1D41D}", uuid.dropLast() + "\u{24D3}",
            uuid.replacing("b", with: "\u{0432}"), uuid.replacing("0", with: "O"), uuid.replacing("1", with: "l"),
            uuid.replacing("1", with: "I"), uuid.replacing("f", with: "\u{A730}"),
            // What nobody sees, and marks.
            uuid + "\u{200B}", "\u{FEFF}" + uuid, uuid + "\u{00A0}", uuid + "\u{202E}", uuid + "\u{2066}",
            uuid.prefix(5) + "\u{00AD}" + uuid.dropFirst(5), uuid.prefix(5) + "\u{2060}" + uuid.dropFirst(5),
            uuid.prefix(5) + "\u{0336}" + uuid.dropFirst(5), uuid.prefix(5) + "\u{FE0F}" + uuid.dropFirst(5),
            uuid.prefix(5) + "\u{E0100}" + uuid.dropFirst(5), uuid.prefix(5) + "\u{2800}" + uuid.dropFirst(5),
            uuid.prefix(5) + "\u{115F}" + uuid.dropFirst(5),
        ]
        texts.append("\u{3000}" + uuid)
        return texts.map { String($0) }
    }()

    @Test(arguments: disguises)
    func writtenOtherwise(_ text: String) throws {
        let found = named(text).uuids
        #expect(found.map(\.uuid) == [try DeviceUUID(text: Self.uuid)], "\(text.escapedForTerminal)")
        #expect(found.allSatisfy { !$0.isCanonical }, "\(text.escapedForTerminal)")
    }

    @Test(arguments: [
        "", "sensor-7", "deadbeef", String(repeating: "5", count: 31), String(repeating: "ab", count: 32),
        "50363154-3931-44f0-8022-121b6401627", "g0363154-3931-44f0-8022-121b6401627d".replacing("g0", with: "gg"),
        "xn--80ak6aa92e", "Assay Devices Bangalore Private Limited",
    ])
    func nothing(_ text: String) {
        #expect(named(text).uuids == [])
        #expect(!named(text).imeis.contains(where: \.isCertain))
    }

    @Test(arguments: [
        imei, "nrf-\(imei)", "NRF_\(imei)", "imei:\(imei)", "IMEI\(imei)", "35-265610-036787-2",
        "352656-10-036787-2", "35265610 036787 2", "sensor \(imei) in hall 3", "x\(imei)y", "o-\(imei)",
        "\u{FF13}" + imei.dropFirst(), "\u{0663}" + imei.dropFirst(),
        imei.prefix(4) + "\u{200D}" + imei.dropFirst(4), "nrf-3526561003678720", "imei 352656100367870",
    ].map { String($0) })
    func certainIMEIs(_ text: String) {
        let serials = named(text).imeis.filter(\.isCertain).map(\.serial)
        #expect(serials == [35_265_610_036_787], "\(text.escapedForTerminal)")
    }

    /// Numbers that a registry alone can tell to be IMEIs: without their check digit, with a version, with a wrong digit.
    @Test(arguments: ["35265610036787", "3526561003678701", "352656100367870", "352656IOO367872", "3 52656100367872"])
    func possibleIMEIs(_ text: String) {
        let found = named(text).imeis
        #expect(found.contains { $0.serial == 35_265_610_036_787 }, "\(text)")
        #expect(!found.contains(where: \.isCertain), "\(text)")
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
        let alphabet = Array("0123456789abcdefOIl -:{}nrfimei\u{200B}\u{FF15}\u{0665}\u{0301}\u{10FFFD}".unicodeScalars)
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
