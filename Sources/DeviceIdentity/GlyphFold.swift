import Diagnostics

/// What a character looks like to a reader, whatever its code: a digit of any script, a letter of full width, a hyphen
/// of any kind. Two names that a person cannot tell apart have to be one name.
///
/// It is a fold for comparing, not a normalization: what it makes of a text is never shown or signed.
public enum GlyphFold {
    /// Each character as ASCII where it looks like one, in lower case; itself in lower case otherwise. Nothing for what
    /// cannot be seen. Of texts that Unicode calls equivalent it makes equivalent ones.
    public static func fold(_ text: String.UnicodeScalarView) -> String.UnicodeScalarView {
        var folded = String.UnicodeScalarView()
        var index = text.startIndex
        while index < text.endIndex {
            let scalar = text[index]
            index = text.index(after: index)
            let isMarked =
                index < text.endIndex && text[index].properties.canonicalCombiningClass != .notReordered
            // A Greek or Cyrillic letter and its mark are one character to Unicode, which looks like none of ASCII.
            if let octet = ascii(scalar), !(isMarked && 0x370...0x52F ~= scalar.value) {
                folded.append(Unicode.Scalar(octet))
            } else if !scalar.isInvisible {
                folded.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return folded
    }

    /// Whether a character is a vowel or a final consonant of a Korean syllable that is taken apart: with its first consonant
    /// it is one character to Unicode.
    public static func isPartOfSyllable(_ scalar: Unicode.Scalar) -> Bool {
        0x1161...0x1175 ~= scalar.value || 0x11A8...0x11C2 ~= scalar.value
    }

    /// The ASCII character that a character looks like, letters in lower case; nil if it looks like none.
    static func ascii(_ scalar: Unicode.Scalar) -> UInt8? {
        let value = scalar.value
        if value < 0x80 {
            let octet = UInt8(truncatingIfNeeded: value)
            return 0x41...0x5A ~= octet ? octet | 0x20 : octet
        }
        // Full width, and the space of that width.
        if 0xFF01...0xFF5E ~= value { return lower(value - 0xFF01 + 0x21) }
        if value == 0x3000 { return 0x20 }
        // What Unicode calls equivalent to an iota, a semicolon and a grave accent
        if value == 0x1FBE { return UInt8(ascii: "i") }
        if value == 0x37E { return UInt8(ascii: ";") }
        if value == 0x1FEF { return UInt8(ascii: "`") }
        // Letters in circles, and the alphabets of mathematics, which repeat every 52 letters.
        if 0x24B6...0x24CF ~= value { return lower(value - 0x24B6 + 0x41) }
        if 0x24D0...0x24E9 ~= value { return lower(value - 0x24D0 + 0x61) }
        if 0x1D400...0x1D6A3 ~= value { return mathematical(value - 0x1D400) }
        if 0x249C...0x24B5 ~= value { return lower(value - 0x249C + 0x61) }
        if 0x1F130...0x1F149 ~= value { return lower(value - 0x1F130 + 0x41) }
        if 0x1F150...0x1F169 ~= value { return lower(value - 0x1F150 + 0x41) }
        if 0x1F170...0x1F189 ~= value { return lower(value - 0x1F170 + 0x41) }
        let properties = scalar.properties
        // In lower case first: names that differ in case alone are one name whatever they look like.
        if let octet = lookAlikes[(properties.lowercaseMapping.unicodeScalars.first ?? scalar).value] {
            return octet
        }
        switch properties.generalCategory {
        case .dashPunctuation: return UInt8(ascii: "-")
        case .decimalNumber, .otherNumber:
            guard properties.numericType == .decimal || properties.numericType == .digit,
                let number = properties.numericValue, 0...9 ~= number
            else { return nil }
            return 0x30 + UInt8(number)
        default: return nil
        }
    }

    private static func lower(_ value: UInt32) -> UInt8 {
        let octet = UInt8(truncatingIfNeeded: value)
        return 0x41...0x5A ~= octet ? octet | 0x20 : octet
    }

    private static func mathematical(_ offset: UInt32) -> UInt8 {
        let place = UInt8(truncatingIfNeeded: offset % 52)
        return 0x61 + place % 26
    }

    /// Letters of Cyrillic, Greek and Latin, small capitals and signs that look like ASCII characters (Unicode's confusables, as
    /// far as the shapes are the same in common fonts).
    private static let lookAlikes: [UInt32: UInt8] = {
        let pairs: [(String, String)] = [
            ("\u{430}\u{432}\u{435}\u{43A}\u{43C}\u{43D}\u{43E}\u{440}\u{441}\u{442}", "abekmhopct"),
            ("\u{443}\u{445}\u{456}\u{458}\u{455}\u{501}\u{4BB}\u{51B}\u{51D}", "yxijsdhqw"),
            ("\u{3B1}\u{3B2}\u{3B5}\u{3B9}\u{3BA}\u{3BF}\u{3C1}\u{3C4}\u{3C5}\u{3C7}\u{3F2}", "abeikoptuxc"),
            // Small capitals, the dotless i, the alpha and the g of phonetics, Roman numerals
            ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢıɑɡⅽⅾⅰⅼ", "abcdefghijklmnoprstuvwyziagcdil"),
            // Minus, macron and others that are no dashes to Unicode; quotes, points and strokes
            ("\u{2212}\u{AF}\u{2D7}\u{2043}\u{30FC}", "-----"), ("‘’‚‛′“”„‟″", "''''''''''"),
            ("\u{2024}\u{3002}\u{2236}\u{2044}\u{2215}", "..://"),
        ]
        var table: [UInt32: UInt8] = [:]
        for (from, to) in pairs {
            for (scalar, octet) in zip(from.unicodeScalars, to.utf8) { table[scalar.value] = octet }
        }
        return table
    }()
}
