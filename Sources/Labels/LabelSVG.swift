import QRCode

/// A label as SVG 1.1: a path of the dark modules and lines of text. It scales to any printer.
public enum LabelSVG {
    /// Millimetres a module: a phone reads 0.4 mm at arm's length.
    private static let module = 0.4

    public static func document(_ label: DeviceLabel) -> [UInt8] {
        let layout = LabelLayout(label)
        var text = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
        text += #"<svg xmlns="http://www.w3.org/2000/svg" version="1.1" "#
        text += "width=\"\(decimal(Double(layout.width) * module))mm\" "
        text += "height=\"\(decimal(Double(layout.height) * module))mm\" "
        text += "viewBox=\"0 0 \(layout.width) \(layout.height)\">\n"
        text += "<title>\(escaped("device \(label.uuid)"))</title>\n"
        text += "<rect width=\"\(layout.width)\" height=\"\(layout.height)\" fill=\"#fff\"/>\n<path d=\""
        for row in 0..<label.code.size {
            for run in label.code.darkRuns(row: row) {
                let (x, y) = (LabelLayout.place(run.lowerBound), LabelLayout.place(row))
                text += "M\(x) \(y)h\(run.count)v1h-\(run.count)z"
            }
        }
        text += "\" fill=\"#000\" shape-rendering=\"crispEdges\"/>\n"
        let size = decimal(layout.lineHeight * 0.75)
        text += "<g font-family=\"monospace\" font-size=\"\(size)\" fill=\"#000\">\n"
        for (number, line) in label.lines.enumerated() {
            text += "<text x=\"\(layout.textLeft)\" y=\"\(decimal(layout.baseline(number)))\" "
            text += "textLength=\"\(decimal(layout.characterWidth * Double(line.count)))\" "
            text += "lengthAdjust=\"spacingAndGlyphs\">\(escaped(line))</text>\n"
        }
        return Array((text + "</g>\n</svg>\n").utf8)
    }

    /// Two digits after the point, without a locale.
    private static func decimal(_ value: Double) -> String { LabelNumber.text(value) }

    /// Text as it stands between tags (XML 1.0 section 2.4); what no XML may hold is left out.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\u{9}", "\u{a}", "\u{d}": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{fffe}", "\u{ffff}": continue
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// Numbers in documents.
enum LabelNumber {
    /// Rounded to two digits after the point.
    static func text(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        let sign = hundredths < 0 ? "-" : ""
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}
