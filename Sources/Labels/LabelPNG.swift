import QRCode

/// A label as a picture (PNG, ISO/IEC 15948) of one bit a pixel.
///
/// Written by hand: a label has some tens of kilobytes, which deflate may hold as they are (RFC 1951 section 3.2.4), so that
/// neither libpng nor zlib has to be loaded, and the same label is the same octets with every version of theirs.
public enum LabelPNG {
    /// Pixels a module.
    private static let scale = 8
    /// 0.4 mm a module.
    private static let pixelsPerMetre: UInt32 = 20_000

    public static func document(_ label: DeviceLabel) -> [UInt8] {
        let layout = LabelLayout(label)
        var picture = Picture(width: layout.width * scale, height: layout.height * scale)
        for row in 0..<label.code.size {
            for run in label.code.darkRuns(row: row) {
                picture.fill(
                    LabelLayout.place(run.lowerBound) * scale..<LabelLayout.place(run.upperBound) * scale,
                    LabelLayout.place(row) * scale..<LabelLayout.place(row + 1) * scale)
            }
        }
        // A dot of the font in whole pixels.
        let dot = max(1, Int(layout.characterWidth * Double(scale)) / (LabelFont.width + 1))
        for (number, line) in label.lines.enumerated() {
            let top = Int(layout.baseline(number) * Double(scale)) - LabelFont.height * dot
            draw(line, at: (layout.textLeft * scale, top), dot: dot, &picture)
        }
        return picture.png(pixelsPerMetre: pixelsPerMetre)
    }

    private static func draw(_ text: String, at place: (x: Int, y: Int), dot: Int, _ picture: inout Picture) {
        for (position, character) in text.enumerated() {
            let left = place.x + position * (LabelFont.width + 1) * dot
            for (row, dots) in (LabelFont.rows(of: character) ?? []).enumerated() {
                for column in 0..<LabelFont.width where dots >> UInt8(LabelFont.width - 1 - column) & 1 == 1 {
                    picture.fill(
                        left + column * dot..<left + (column + 1) * dot,
                        place.y + row * dot..<place.y + (row + 1) * dot)
                }
            }
        }
    }
}

/// Black on white, one bit a pixel.
struct Picture {
    let width: Int
    let height: Int
    /// Each line: the filter type 0, then the pixels, the leftmost in the highest bit; 1 is white.
    private var lines: [UInt8]
    private var stride: Int { 1 + (width + 7) / 8 }

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        let line = [0] + [UInt8](repeating: 0xff, count: (width + 7) / 8)
        lines = Array([[UInt8]](repeating: line, count: height).joined())
    }

    /// Makes pixels black; what is outside is left out.
    mutating func fill(_ columns: Range<Int>, _ rows: Range<Int>) {
        for row in rows.clamped(to: 0..<height) {
            for column in columns.clamped(to: 0..<width) {
                lines[row * stride + 1 + column / 8] &= ~(0x80 >> UInt8(column % 8))
            }
        }
    }

    func png(pixelsPerMetre: UInt32) -> [UInt8] {
        var document: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        // One bit a pixel, grey, deflate, the filters of the standard, not interlaced.
        Self.append(
            "IHDR",
            Self.octets(UInt32(clamping: width)) + Self.octets(UInt32(clamping: height)) + [1, 0, 0, 0, 0],
            &document)
        Self.append("pHYs", Self.octets(pixelsPerMetre) + Self.octets(pixelsPerMetre) + [1], &document)
        Self.append("IDAT", stored, &document)
        Self.append("IEND", [], &document)
        return document
    }

    /// A zlib stream (RFC 1950) of stored blocks.
    private var stored: [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        while start < lines.count {
            let end = min(start + 0xffff, lines.count)
            let length = UInt16(end - start)
            stream.append(end == lines.count ? 1 : 0)
            stream += [UInt8(length & 0xff), UInt8(length >> 8), UInt8(~length & 0xff), UInt8(~length >> 8)]
            stream += lines[start..<end]
            start = end
        }
        return stream + Self.octets(Checksum.adler32(lines))
    }

    private static func append(_ type: StaticString, _ data: [UInt8], _ document: inout [UInt8]) {
        let checked = Array(type.description.utf8) + data
        document += octets(UInt32(clamping: data.count)) + checked + octets(Checksum.crc32(checked))
    }

    private static func octets(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}

/// The checksums of PNG and zlib.
enum Checksum {
    /// ISO/IEC 15948 annex D, bit by bit: labels are small.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var register: UInt32 = 0xffff_ffff
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0xedb8_8320 : register >> 1 }
        }
        return ~register
    }

    /// RFC 1950 section 8.2.
    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}
