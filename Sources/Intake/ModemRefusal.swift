public import Diagnostics
public import InputOutput

/// `+CME ERROR: N` in the log of a modem: why what was asked for is not there.
public struct ModemRefusal: Sendable {
    private static let marker = Array("+CME ERROR:".utf8)

    /// The line, from 1.
    public let line: Int
    /// The modem's number.
    public let code: UInt32

    /// The first refusal in a block of lines; nil where there is none.
    public init?(in chunk: LineChunk) {
        var found: (line: Int, code: UInt32)?
        guard ByteSearch.contains(Self.marker, in: chunk.bytes) else { return nil }
        chunk.forEachLine { text, number in
            let line = text.trimmed
            guard line.starts(with: Self.marker),
                let code = UInt32(String(decoding: line.dropFirst(Self.marker.count).trimmed, as: UTF8.self))
            else { return true }
            found = (number, code)
            return false
        }
        guard let found else { return nil }
        (line, code) = found
    }

    /// Why an input has none of what is expected.
    public func error(_ expected: Expectation, in name: String) -> ToolError {
        let meaning = CMEError.meaning(code).map { ", \($0)" } ?? ""
        let remedy = CMEError.explanation(code)?.remedy
        return ToolError(
            .modemError,
            "expected \(expected.what), found line \(line): the modem refused with +CME ERROR: \(code)\(meaning)",
            context: [.init("file", "\(name.escapedForTerminal):\(line)")],
            hint: .text(
                remedy ?? "the AT command reference of the modem's firmware says what the number means"))
    }
}
