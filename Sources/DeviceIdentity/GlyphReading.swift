import Diagnostics

/// As which letters and digits a character may be read, where a text is searched for the numbers of devices.
///
/// It goes further than ``GlyphFold``, by which names are compared: what is read wrongly here does no harm unless 32 digits
/// of a registered device come of it, so that everything counts which a hasty reader would take for a digit. A letter with
/// marks is the letter, whether it is one character or several, so that texts which Unicode calls equivalent are read alike.
enum GlyphReading {
    /// A letter or number beyond ASCII that is read as none: it may still stand where a digit belongs.
    static let unreadable: UInt8 = 0x7F
    /// Between what is read: a hyphen, whatever the sign.
    private static let separator = UInt8(ascii: "-")

    /// Appends what a visible character is read as: ASCII, letters in lower case; a stroke for what may be a 1 and may be
    /// a dash.
    static func read(_ scalar: Unicode.Scalar, into symbols: inout [UInt8]) {
        if let octet = octet(scalar) { return symbols.append(octet) }
        let properties = scalar.properties
        if properties.numericType != nil, let number = properties.numericValue, (0..<100).contains(number),
            number == number.rounded(.down)
        {
            let value = UInt8(number)
            if value > 9 { symbols.append(0x30 + value / 10) }
            return symbols.append(0x30 + value % 10)
        }
        let lower = properties.lowercaseMapping.unicodeScalars.first ?? scalar
        if let letters = GlyphName.letters(lower.properties.name ?? "") {
            return symbols.append(contentsOf: letters)
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .letterNumber, .otherNumber,
            .decimalNumber:
            symbols.append(unreadable)
        default: symbols.append(separator)
        }
    }

    /// Whether a character is one that the table has: also some of the marks that stand beside a letter look like a digit.
    static func isLookAlike(_ scalar: Unicode.Scalar) -> Bool { lookAlikes[scalar.value] != nil }

    /// What the tables say.
    private static func octet(_ scalar: Unicode.Scalar) -> UInt8? {
        if scalar.value < 0x80 { return GlyphFold.ascii(scalar) }
        if let octet = lookAlikes[scalar.value] { return octet }
        let lower = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
        if lower.value < 0x80 { return UInt8(truncatingIfNeeded: lower.value) }
        return lookAlikes[lower.value] ?? GlyphFold.ascii(scalar)
    }

    /// Characters of other scripts, and signs, that look like a digit or like a letter a…f: after Unicode's confusables,
    /// what is likely to be at hand. What is missing here is ``unreadable``.
    private static let lookAlikes: [UInt32: UInt8] = {
        let shapes: [(Character, String)] = [
            // Armenian, Coptic, Greek, Cyrillic, Cherokee, Lisu, Deseret, Osage, Hebrew, Arabic, Hangul and others; rings
            (
                "o",
                "\u{585}\u{2C9F}\u{2C91}\u{3C3}\u{3B8}\u{4E9}\u{473}\u{13BE}\u{A4F3}\u{1042C}\u{104EA}\u{5E1}"
                    + "\u{647}\u{6C1}\u{6D5}\u{6C0}\u{3147}\u{7CB}\u{101D}\u{D02}\u{C02}\u{C82}\u{D82}"
                    + "\u{D20}\u{B20}\u{10FF}\u{12D0}\u{2D54}\u{B0}\u{BA}\u{2205}\u{2300}\u{25CB}\u{25EF}\u{26AA}"
                    + "\u{2B58}"
            ),
            // Strokes, upright and lying: for some of them it cannot be told whether they are a 1 or a dash
            (
                "|",
                "\u{4CF}\u{1C0}\u{627}\u{5D5}\u{5DF}\u{5C0}\u{7CA}\u{2D4F}\u{A4F2}\u{13C6}\u{2C93}\u{16C1}"
                    + "\u{3163}\u{4E00}\u{4E28}\u{2F00}\u{2F01}\u{964}\u{A6}\u{2223}\u{2224}\u{23AE}\u{23D0}"
                    + "\u{2502}\u{2503}\u{2758}\u{FFE8}\u{10309}\u{10320}"
            ),
            ("i", "\u{1FBE}\u{269}\u{13A5}"), ("l", "\u{13DE}\u{A4E1}\u{2CD1}\u{56C}"),
            ("2", "\u{1A8}\u{3E9}\u{A645}\u{541}\u{14BF}"),
            ("3", "\u{437}\u{44D}\u{4E1}\u{292}\u{1EF}\u{1D23}\u{21D}\u{A76B}\u{2CCD}\u{10F3}\u{545}"),
            ("4", "\u{447}\u{4CC}\u{13CE}"), ("5", "\u{1BD}"),
            ("6", "\u{431}\u{13EE}\u{2CD3}\u{3ED}\u{10DC}\u{573}"), ("7", "\u{104D2}"),
            ("8", "\u{223}\u{983}\u{B03}\u{1031A}"), ("9", "\u{2CCB}\u{A76F}\u{563}\u{3E5}"),
            ("a", "\u{AA}\u{2C81}\u{A4EE}\u{13AA}\u{15C5}\u{10300}\u{237A}"),
            (
                "b",
                "\u{44C}\u{44A}\u{463}\u{48D}\u{185}\u{DF}\u{FE}\u{A7B5}\u{1472}\u{15AF}\u{15F7}\u{13CF}"
                    + "\u{13F0}\u{13F4}\u{A4D0}\u{2C83}\u{10EE}\u{10301}\u{16D2}\u{266D}\u{E3F}\u{20BF}"
            ),
            ("c", "\u{2CA5}\u{A4DA}\u{13DF}\u{37C}\u{1455}\u{10302}\u{2282}\u{2284}\u{A2}\u{A9}\u{20B5}"),
            ("d", "\u{A4D2}\u{A4D3}\u{13E7}\u{13A0}\u{10EB}\u{F0}\u{146F}\u{15DE}\u{2202}\u{20AB}"),
            (
                "e",
                "\u{454}\u{4D9}\u{511}\u{4BD}\u{2C89}\u{A4F0}\u{13AC}\u{2D39}\u{212E}\u{220A}\u{2208}\u{2209}\u{22FF}"
                    + "\u{20AC}"
            ),
            // Unicode gives this ideograph a value in one of its two forms only.
            ("\u{7F}", "\u{6D1E}\u{FA05}"),
            ("f", "\u{17F}\u{1E9B}\u{1E9C}\u{1E9D}\u{3DD}\u{493}\u{584}\u{A4DD}\u{15B4}\u{20A3}\u{214E}"),
        ]
        var table: [UInt32: UInt8] = [:]
        for (shape, characters) in shapes {
            for scalar in characters.unicodeScalars {
                table[scalar.value] = shape.asciiValue
                let lower = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
                if table[lower.value] == nil { table[lower.value] = shape.asciiValue }
            }
        }
        return table
    }()
}
