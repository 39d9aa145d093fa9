import Diagnostics
import Foundation
import Testing

@testable import DeviceIdentity

/// Characters that a reader takes for digits, of whatever script.
@Suite struct LookAlikeTests {
    private static let uuid = NamedDevicesTests.uuid

    /// What each digit is written as.
    static let forms: [(String, String)] = [
        (
            "0",
            "\u{3007}\u{585}\u{555}\u{2C9F}\u{7CB}\u{101D}\u{D02}\u{5E1}\u{B0}\u{D8}\u{F8}\u{24FF}\u{1F101}\u{2080}"
        ),
        (
            "0",
            "\u{41E}\u{3BF}\u{A66}\u{24EA}\u{3CC}\u{D3}\u{1D70A}\u{A4F3}\u{13BE}\u{3147}\u{1042C}\u{647}\u{1F79}"
        ),
        (
            "1",
            "\u{4C0}\u{4CF}\u{1C0}\u{2223}\u{627}\u{2D4F}\u{406}\u{2160}\u{2780}\u{2488}\u{3220}\u{4E00}\u{622}"
        ),
        (
            "1",
            "\u{130}\u{CD}\u{3CA}\u{457}\u{142}\u{5D5}\u{FB35}\u{4E28}\u{2502}\u{1FBE}\u{661}\u{1D7CF}\u{2110}"
        ),
        ("2", "\u{1A8}\u{1A7}\u{4E8C}\u{B2}\u{3E8}\u{A644}"),
        ("3", "\u{417}\u{437}\u{1B7}\u{21C}\u{4DF}\u{2CCC}\u{42D}"), ("4", "\u{427}\u{447}\u{4F5}\u{13CE}"),
        ("5", "\u{1BC}\u{1BD}\u{2164}"), ("6", "\u{411}\u{431}\u{13EE}\u{2CD2}"), ("7", "\u{104D2}\u{2466}"),
        ("8", "\u{222}\u{223}\u{983}"), ("9", "\u{2CCA}\u{A76E}\u{2089}"),
        ("a", "\u{E4}\u{1EA1}\u{AA}\u{1D43}\u{3AC}\u{1F71}\u{4D3}\u{212B}\u{1F1E6}\u{2C81}\u{13AA}\u{1D6C2}"),
        (
            "b",
            "\u{1E03}\u{184}\u{42C}\u{44C}\u{1472}\u{13CF}\u{3D0}\u{DF}\u{A4D0}\u{212C}\u{FE}\u{243}\u{299}"
        ),
        ("c", "\u{E7}\u{2102}\u{4AB}\u{A9}\u{A2}\u{A4DA}\u{2CA5}\u{1D9C}\u{188}\u{37C}"),
        ("d", "\u{1E0D}\u{10F}\u{2146}\u{1D48}\u{A4D2}\u{13E7}\u{257}\u{1F1E9}\u{111}\u{F0}\u{10EB}\u{2145}"),
        (
            "e",
            "\u{E9}\u{451}\u{400}\u{3AD}\u{25B}\u{1DD}\u{20AC}\u{212E}\u{2130}\u{454}\u{4BD}\u{1D49}\u{1D6C6}"
        ),
        (
            "f",
            "\u{192}\u{17F}\u{1E9B}\u{1E9D}\u{A799}\u{1E1F}\u{2131}\u{3DC}\u{A4DD}\u{584}\u{1D41F}\u{1DA0}"
        ),
    ]

    @Test(arguments: forms)
    func standForTheDigit(_ digit: String, _ forms: String) throws {
        let expected = try DeviceUUID(text: Self.uuid.replacing("5036", with: "5\(digit)36"))
        for form in forms.unicodeScalars {
            let text = Self.uuid.replacing("5036", with: "5\(form)36")
            for name in [text, "nrf\(text)", "x-\(text)a"] {
                let found = NamedDevices(in: name.unicodeScalars)
                let code = String(form.value, radix: 16)
                #expect(
                    found.uuids.contains(.init(uuid: expected, isCanonical: false)),
                    "\(digit): \(code), \(name)")
            }
        }
    }

    /// Ligatures are the letters of which they are made.
    @Test(arguments: [
        ("\u{FB00}", "ff"), ("\u{E6}", "ae"), ("\u{1F18E}", "ab"), ("\u{2469}", "10"), ("\u{33C4}", "cc"),
    ])
    func ligatures(_ text: String, _ digits: String) throws {
        let expected = try DeviceUUID(text: Self.uuid.replacing("5036", with: "\(digits)36"))
        let found = NamedDevices(in: Self.uuid.replacing("5036", with: "\(text)36").unicodeScalars)
        #expect(found.uuids == [.init(uuid: expected, isCanonical: false)])
    }

    /// Letters that look like none are not passed over where they stand in the place of a digit.
    @Test(arguments: [
        "\u{E01}", "\u{0915}", "\u{4E2D}", "\u{1780}", "\u{30CA}", "\u{3C6}", "\u{436}", "\u{AC00}",
        "\u{10900}",
    ])
    func lettersThatAreNotRead(_ letter: String) {
        for name in [
            Self.uuid.replacing("0", with: letter), "nrf\(Self.uuid.replacing("8", with: letter))",
            "x" + Self.uuid.replacing("-", with: "").replacing("4", with: letter),
            Self.uuid.replacing("0", with: letter).replacing("1", with: "l"),
        ] {
            #expect(NamedDevices(in: name.unicodeScalars).hasUnreadableUUID, "\(name)")
        }
    }

    /// Names of people, places and things are no UUIDs, in whatever language.
    @Test(arguments: [
        "M\u{FC}ller", "\u{17D}\u{10F}\u{E1}r nad S\u{E1}zavou", "насосная этой зоны сети водоснабжения",
        "ασφάλεια αυτή εδώ στην εγκατάσταση", "東京都千代田区千代田一番一号", "サーバー室一二三四五六七八九",
        "Größe-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "ვებ-სერვერი თბილისი 2026-11-29 №7", "abcdefgh-ijkl-mnop-qrst-uvwxyzabcdef",
    ])
    func names(_ text: String) {
        for text in [
            text, text.decomposedStringWithCanonicalMapping, text.precomposedStringWithCanonicalMapping,
        ] {
            let found = NamedDevices(in: text.unicodeScalars)
            #expect(found.uuids == [])
            #expect(found.imeis.filter(\.isCertain) == [])
            #expect(!found.hasUnreadableUUID)
        }
    }

    private static let all: [Unicode.Scalar] = (0x80...0x2FA1F).compactMap { Unicode.Scalar($0) }
        .filter { !$0.isInvisible }

    /// Thousands of these are alike to the code.
    private static func isMany(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x9FFF, 0xA000...0xA48F, 0xAC00...0xD7A3, 0x12000...0x18FFF, 0x20000...0x2F7FF: true
        default: false
        }
    }

    /// One verdict on texts that are one text to Unicode.
    @Test func equivalentTextsAreReadAlike() {
        let places = [3, 12, 35].map { Self.uuid.index(Self.uuid.startIndex, offsetBy: $0) }
        var count = 0
        for scalar in Self.all {
            let one = String(scalar)
            let several = one.decomposedStringWithCanonicalMapping
            if several.unicodeScalars.elementsEqual(one.unicodeScalars)
                || Self.isMany(scalar) && scalar.value % 32 != 0
            {
                continue
            }
            count += 1
            for place in places {
                let (before, after) = (Self.uuid[..<place], Self.uuid[Self.uuid.index(after: place)...])
                #expect(
                    NamedDevices(in: "\(before)\(one)\(after)".unicodeScalars)
                        == NamedDevices(in: "\(before)\(several)\(after)".unicodeScalars),
                    "U+\(String(scalar.value, radix: 16))")
            }
            let beside = ["\(one)\(Self.uuid)\(one)", "\(several)\(Self.uuid)\(several)"]
            #expect(
                NamedDevices(in: beside[0].unicodeScalars) == NamedDevices(in: beside[1].unicodeScalars),
                "U+\(String(scalar.value, radix: 16))")
            #expect(
                String(GlyphFold.fold(one.unicodeScalars)) == String(GlyphFold.fold(several.unicodeScalars)),
                "U+\(String(scalar.value, radix: 16))")
        }
        #expect(count > 1_900)
    }

    /// A digit of a UUID is replaced by any letter or number there is: either a UUID is found, or that there is one which
    /// cannot be read, or the character is a letter that is no digit.
    @Test func noLetterHidesAUUID() {
        for scalar in Self.all where !Self.isMany(scalar) || scalar.value % 32 == 0 {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .letterNumber,
                .otherNumber,
                .decimalNumber:
                break
            default: continue
            }
            var symbols: [UInt8] = []
            GlyphReading.read(scalar, into: &symbols)
            if symbols.contains(where: { 0x67...0x7A ~= $0 && !"oil".utf8.contains($0) }) { continue }
            let found = NamedDevices(in: "nrf\(Self.uuid.dropLast(4))\(scalar)27d".unicodeScalars)
            #expect(
                found.hasUnreadableUUID || found.uuids.contains { !$0.isCanonical },
                "U+\(String(scalar.value, radix: 16))")
        }
    }
}
