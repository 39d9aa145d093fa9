public import Diagnostics
public import InputOutput

/// `+CME ERROR: N` in the log of a modem, or another word for no: why what was asked for is not there.
public struct ModemRefusal: Sendable {
    private static let marker = Array("+CME ERROR:".utf8)
    private static let networkMarker = Array("+CMS ERROR:".utf8)
    private static let word = Array("ERROR".utf8)

    /// The line, from 1.
    public let line: Int
    /// The modem's number; nil where it told none.
    public let code: UInt32?
    /// What it said where it told no number of ours.
    private let words: String

    /// The first refusal in a block of lines; nil where there is none. One with a number says more than one without.
    public init?(in chunk: LineChunk) {
        guard ByteSearch.contains(Self.word, in: chunk.bytes) else { return nil }
        var found: ModemRefusal?
        chunk.forEachLine { text, number in
            guard let refusal = ModemRefusal(text.trimmed, number) else { return true }
            if found == nil || refusal.code != nil { found = refusal }
            return refusal.code == nil
        }
        guard let found else { return nil }
        self = found
    }

    /// - Parameter text: a line, with whatever a log puts before the modem's words.
    private init?(_ text: ArraySlice<UInt8>, _ number: Int) {
        guard text.first != UInt8(ascii: "{"), let words = LineCensus.modemWords(in: text) else { return nil }
        line = number
        for marker in [Self.marker, Self.networkMarker] where words.starts(with: marker) {
            let rest = words.dropFirst(marker.count).trimmed
            let digits = rest.prefix { 0x30...0x39 ~= $0 }
            let isWhole =
                rest.dropFirst(digits.count).first.map { $0 == 0x20 || $0 == 0x22 || $0 == 0x27 } ?? true
            let told = isWhole && digits.count <= 10 ? UInt32(String(decoding: digits, as: UTF8.self)) : nil
            code = marker == Self.marker ? told : nil
            let text = String(decoding: rest.prefix { 0x20...0x7e ~= $0 }.prefix(60), as: UTF8.self)
            self.words = String(decoding: marker, as: UTF8.self) + " " + text
            return
        }
        guard words.elementsEqual(Self.word) else { return nil }
        code = nil
        self.words = "ERROR"
    }

    /// Why an input has none of what is expected.
    public func error(_ expected: Expectation, in name: String) -> ToolError {
        let meaning = code.flatMap(CMEError.meaning).map { ", \($0)" } ?? ""
        let remedy = code.flatMap(CMEError.explanation)?.remedy
        let said = code.map { "+CME ERROR: \($0)" } ?? words
        return ToolError(
            .modemError,
            "expected \(expected.what), found line \(line): the modem refused with \(said)\(meaning)",
            context: [.init("file", "\(name.escapedForTerminal):\(line)")],
            hint: .text(
                remedy
                    ?? (code == nil
                        ? "AT+CMEE=1 makes the modem tell a number, which says why"
                        : "the AT command reference of the modem's firmware says what the number means")))
    }
}
