import DeviceIdentity
public import Diagnostics
public import PKIX

/// Why a text that should be PEM is none, or holds less than it seems to: for readers that want whole documents, to whom
/// text outside blocks is a comment.
public enum PEMReview {
    /// The first damaged block of a text, beside sound ones too; nil where there is none.
    public static func damage(in bytes: [UInt8]) -> PEMError? {
        var scanner = PEMScanner(limit: 1 << 20)
        var after = 0
        while true {
            let gap: Range<Int>
            var isEnd = false
            switch scanner.next(in: bytes, isLast: true) {
            case .block(let block):
                gap = after..<max(after, block.whole.lowerBound)
                after = block.whole.upperBound
            case .malformed(_, let range):
                // Of an END line without its BEGIN line, what is damaged stands before it.
                gap = after..<max(after, range.lowerBound)
                after = max(after, range.upperBound)
            case .end, .more:
                gap = after..<bytes.count
                isEnd = true
            }
            let text = TextBetweenBlocks(bytes, gap)
            if let first = text.damaged.first {
                return PEMError(line: 1 + bytes[..<first.offset].count { $0 == 0x0a }, first.reason)
            }
            if isEnd { return after == 0 ? bare(bytes) : nil }
        }
    }

    /// A whole text of base64 that is a DER sequence, such as a key of a small curve, which is shorter than what can be
    /// told by its first line.
    private static func bare(_ bytes: [UInt8]) -> PEMError? {
        let letters = bytes.filter { !$0.isBlank }
        guard 32...65_536 ~= letters.count, letters.first == UInt8(ascii: "M"),
            BareBlock.isBase64(letters[...]),
            let der = try? Base64.decodeStandard(letters[...]), der.count > 2, der[0] == 0x30
        else { return nil }
        let length =
            switch der[1] {
            case ..<0x80: 2 + Int(der[1])
            case 0x81: 3 + Int(der[2])
            case 0x82 where der.count > 3: 4 + Int(der[2]) << 8 + Int(der[3])
            default: 0
            }
        return length == der.count ? PEMError(line: 1, TextBetweenBlocks.bareReason) : nil
    }

    /// The same as an error about a file.
    public static func error(in bytes: [UInt8], of path: String) -> ToolError? {
        damage(in: bytes).map { damage in
            ToolError(
                .pem, damage.reason, context: [.init("file", "\(path.escapedForTerminal):\(damage.line)")])
        }
    }
}
