import Diagnostics

/// The PEM text (RFC 7468) of a command: its blocks, and the properties of the text that modems care about.
///
/// The blocks are not decoded here; what a certificate says comes from a ``CertificateInspector``.
struct PEMText {
    /// One block between its boundaries.
    struct Block {
        let label: String
        /// The block with LF line ends and one LF at its end.
        let text: String
    }

    private(set) var blocks: [Block] = []
    /// CR LF line ends: some modem firmware answers CME 527 to them.
    private(set) var hasCarriageReturns = false
    /// Anything but blank lines before, between or after the blocks.
    private(set) var hasTextOutside = false
    /// Line ends after the last block; modems want exactly one.
    let finalNewlines: Int

    /// The blocks with LF line ends, an empty line between two, one LF at the end.
    var normalized: String { blocks.map(\.text).joined(separator: "\n") }

    /// Reads a text; throws `pem` when a block is broken or there is none.
    init(_ text: some Sequence<UInt8>) throws(ToolError) {
        var bytes = Array(text)
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
            bytes.removeFirst(3)
            hasTextOutside = true
        }
        let newline = UInt8(ascii: "\n")
        finalNewlines = bytes.reversed().prefix { $0 == newline || $0 == UInt8(ascii: "\r") }
            .count { $0 == newline }
        var open: (label: String, line: Int)?
        var body: [ArraySlice<UInt8>] = []
        var number = 0
        for rawLine in bytes.split(separator: newline, omittingEmptySubsequences: false) {
            number += 1
            hasCarriageReturns = hasCarriageReturns || rawLine.contains(UInt8(ascii: "\r"))
            let line = Self.trimmed(rawLine)
            if let (label, start) = open {
                if let ending = Self.label(of: line, after: "-----END ") {
                    guard ending == label else {
                        throw Self.error("expected the end of \(label), found the end of \(ending)", number)
                    }
                    try close(label, body, start)
                    open = nil
                } else if !line.isEmpty {
                    body.append(line)
                }
            } else if let label = Self.label(of: line, after: "-----BEGIN ") {
                open = (label, number)
                body = []
            } else if !line.isEmpty {
                hasTextOutside = true
            }
        }
        if let open {
            throw Self.error("expected '-----END \(open.label)-----', found the end of the text", open.line)
        }
        guard !blocks.isEmpty else {
            throw ToolError(.pem, "expected a PEM block ('-----BEGIN …-----'), found none")
        }
    }

    private mutating func close(
        _ label: String, _ lines: [ArraySlice<UInt8>], _ start: Int
    ) throws(ToolError) {
        guard Self.isBase64(Array(lines.joined())) else {
            throw Self.error("expected base64 in a block \(label), found something else", start)
        }
        let body = lines.map { String(decoding: $0, as: UTF8.self) }
        let text = (["-----BEGIN \(label)-----"] + body + ["-----END \(label)-----"]).joined(separator: "\n")
        blocks.append(Block(label: label, text: text + "\n"))
    }

    // MARK: Lines

    private static func error(_ message: String, _ line: Int) -> ToolError {
        ToolError(.pem, "\(message) (line \(line) of the PEM text)")
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0d }
        let end = line.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? line.startIndex
        return line[line.startIndex..<end].drop(while: isBlank)
    }

    /// The label of a boundary line: upper-case words and digits.
    private static func label(of line: ArraySlice<UInt8>, after prefix: StaticString) -> String? {
        let prefix = Array(prefix.description.utf8)
        let suffix = Array("-----".utf8)
        guard line.count > prefix.count + suffix.count, line.count <= 100, line.starts(with: prefix),
            line.suffix(suffix.count).elementsEqual(suffix)
        else { return nil }
        let label = line.dropFirst(prefix.count).dropLast(suffix.count)
        let isPlain = label.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == 0x20
        }
        return isPlain ? String(decoding: label, as: UTF8.self) : nil
    }

    private static func isBase64(_ text: [UInt8]) -> Bool {
        let data = text.prefix { $0 != UInt8(ascii: "=") }
        let padding = text.dropFirst(data.count)
        let isAlphabet = data.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        return !data.isEmpty && isAlphabet && text.count % 4 == 0 && padding.count <= 2
            && padding.allSatisfy { $0 == UInt8(ascii: "=") }
    }
}
