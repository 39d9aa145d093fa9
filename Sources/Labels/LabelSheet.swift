import QRCode

/// Labels on sheets of A4 as PDF 1.4 (ISO 32000-1), to print: two columns of nine, each label in its cell.
///
/// Written by hand: rectangles, text in a font that every reader has, and a table of places are all of PDF that it takes.
/// Nothing in it tells when or where it was made, so the same labels are the same octets.
public struct LabelSheet: Sendable {
    /// Points; 72 are an inch.
    private static let page = (width: 595.28, height: 841.89)
    private static let margin = 28.35
    private static let columns = 2
    private static let rows = 9
    /// Labels a page.
    public static let capacity = columns * rows
    /// No code's module is larger: 0.4 mm.
    private static let largestModule = 1.134
    /// Objects before those of the pages: the catalogue, the pages, the font.
    private static let fixedObjects = 3

    private var document: [UInt8]
    /// How many octets were taken already.
    private var taken = 0
    /// Where each object begins, by its number from 1; the tree of pages comes last and is known last.
    private var offsets: [Int: Int] = [:]
    private var pages = 0
    private var content = ""
    private var labels = 0

    public init() {
        // The second line marks the file as binary for those who transport it.
        document = Array("%PDF-1.4\n%".utf8) + [0xe2, 0xe3, 0xcf, 0xd3, 0x0a]
        add(1, "<< /Type /Catalog /Pages 2 0 R >>")
        add(3, "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>")
    }

    /// Draws a label in the next cell.
    public mutating func add(_ label: DeviceLabel) {
        draw(label, cell: labels % Self.capacity)
        labels += 1
        if labels % Self.capacity == 0 { endPage() }
    }

    /// What is written and was not taken yet, so that a long run holds no more than it has to.
    public mutating func take() -> [UInt8] {
        defer {
            taken += document.count
            document.removeAll(keepingCapacity: true)
        }
        return document
    }

    /// The end of the document: all that was not taken yet. At least one page, which may be empty.
    public mutating func finish() -> [UInt8] {
        if labels % Self.capacity != 0 || labels == 0 { endPage() }
        let kids = (0..<pages).map { "\(Self.fixedObjects + 1 + 2 * $0) 0 R" }.joined(separator: " ")
        add(2, "<< /Type /Pages /Count \(pages) /Kids [\(kids)] >>")
        let count = Self.fixedObjects + 2 * pages + 1
        let start = taken + document.count
        var table = "xref\n0 \(count)\n0000000000 65535 f \n"
        for number in 1..<count {
            let digits = String(offsets[number] ?? 0)
            table += String(repeating: "0", count: max(10 - digits.count, 0)) + digits + " 00000 n \n"
        }
        table += "trailer\n<< /Size \(count) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
        document += Array(table.utf8)
        return take()
    }

    private mutating func add(_ number: Int, _ body: String) {
        offsets[number] = taken + document.count
        document += Array("\(number) 0 obj\n\(body)\nendobj\n".utf8)
    }

    private mutating func endPage() {
        let number = Self.fixedObjects + 1 + 2 * pages
        let box = "[0 0 \(LabelNumber.text(Self.page.width)) \(LabelNumber.text(Self.page.height))]"
        add(
            number,
            "<< /Type /Page /Parent 2 0 R /MediaBox \(box) /Resources << /Font << /F1 3 0 R >> >> "
                + "/Contents \(number + 1) 0 R >>")
        add(number + 1, "<< /Length \(content.utf8.count) >>\nstream\n\(content)endstream")
        content = ""
        pages += 1
    }

    private mutating func draw(_ label: DeviceLabel, cell: Int) {
        let layout = LabelLayout(label)
        let cellWidth = (Self.page.width - 2 * Self.margin) / Double(Self.columns)
        let cellHeight = (Self.page.height - 2 * Self.margin) / Double(Self.rows)
        // As large as fits, with light around it.
        let module = min(
            Self.largestModule, cellWidth * 0.95 / Double(layout.width),
            cellHeight * 0.95 / Double(layout.height))
        let left = Self.margin + cellWidth * Double(cell % Self.columns)
        let top = Self.page.height - Self.margin - cellHeight * Double(cell / Self.columns)
        let number = LabelNumber.text
        content += "q \(Self.precise(module)) 0 0 \(Self.precise(module)) \(number(left)) \(number(top)) cm\n"
        for row in 0..<label.code.size {
            for run in label.code.darkRuns(row: row) {
                content +=
                    "\(LabelLayout.place(run.lowerBound)) \(-LabelLayout.place(row + 1)) \(run.count) 1 re\n"
            }
        }
        content += "f\nBT\n"
        // Characters of Courier are 0.6 of its size wide.
        content += "/F1 \(number(layout.characterWidth / 0.6)) Tf\n"
        for (line, text) in label.lines.enumerated() {
            content +=
                "1 0 0 1 \(layout.textLeft) \(number(-layout.baseline(line))) Tm (\(Self.escaped(text))) Tj\n"
        }
        content += "ET Q\n"
    }

    /// Four digits after the point, for the scale.
    private static func precise(_ value: Double) -> String {
        let parts = Int((value * 10_000).rounded()).quotientAndRemainder(dividingBy: 10_000)
        let digits = String(parts.remainder)
        return "\(parts.quotient)." + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    }

    /// Text as it stands between parentheses (ISO 32000-1 section 7.3.4.2); what is not printable ASCII is left out.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "(", ")", "\\":
                escaped += "\\"
                escaped.unicodeScalars.append(scalar)
            case " "..."~": escaped.unicodeScalars.append(scalar)
            default: continue
            }
        }
        return escaped
    }
}
