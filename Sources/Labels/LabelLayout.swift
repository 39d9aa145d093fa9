import QRCode

/// Where things stand on a label, in modules of its code: the one unit of all formats. The code is on the left with the
/// quiet zone that readers need; the text is on the right.
struct LabelLayout {
    /// A code and the light around it.
    let code: Int
    /// Where the text begins, from the left.
    let textLeft: Int
    /// The height of a line, and the width of a character of it, in modules.
    let lineHeight: Double
    let characterWidth: Double
    let width: Int
    let height: Int

    /// Characters in the longest line.
    private static let columns = 19
    private static let quietZone = 4

    init(_ label: DeviceLabel) {
        code = label.code.size + 2 * Self.quietZone
        textLeft = code
        // Text as large as fits beside a small code, no larger beside a large one.
        lineHeight = min(Double(label.code.size) / 5, 12)
        characterWidth = lineHeight / 8 * 6 * 0.75
        width = code + Int((Double(Self.columns) * characterWidth).rounded(.up)) + Self.quietZone
        height = code
    }

    /// The place of a module from the top and the left.
    static func place(_ module: Int) -> Int { module + quietZone }

    /// The base line of a line of text, from the top.
    func baseline(_ line: Int) -> Double { Double(Self.quietZone) + lineHeight * (Double(line) + 0.8) }
}
