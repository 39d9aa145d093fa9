import Diagnostics
import Testing

@Suite struct ToolErrorTests {
    @Test func outerContextStandsFirst() {
        let inner = ToolError(.csv, "expected 4 columns, found 2", context: [.init("column", "3")])
        let outer = inner.at("file", "tokens.csv:7")
        #expect(
            outer
                == ToolError(
                    .csv, "expected 4 columns, found 2",
                    context: [.init("file", "tokens.csv:7"), .init("column", "3")]))
        #expect(outer.exitStatus == .malformed)
    }

    @Test(arguments: [
        ("plain text, grün, 設備", "plain text, grün, 設備"),
        ("\u{1b}[31mred", "\\u{1b}[31mred"),
        ("one\ntwo\r", "one\\u{a}two\\u{d}"),
        ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
        ("zero\u{200b}width", "zero\\u{200b}width"),
        ("\u{2028}\u{e000}", "\\u{2028}\\u{e000}"),
        ("", ""),
    ])
    func terminalTextCannotMoveTheCursor(_ text: String, _ expected: String) {
        #expect(text.escapedForTerminal == expected)
    }
}
