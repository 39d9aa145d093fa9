import Diagnostics
import InputOutput
import Intake
import Testing

/// What a source that gave no input says at its end.
@Suite struct SourceYieldTests {
    private static let expected = Expectation(.tokenFormat, "a token", form: .lines)

    private func lines(_ text: String) -> LineChunk {
        LineChunk(bytes: Array(text.utf8), firstLine: 1, lineCount: text.split(separator: "\n").count)
    }

    @Test func nothingIsSaidWhereThereWasAnInput() throws {
        var yield = SourceYield()
        yield.note(holds: false, refusal: ModemRefusal(in: lines("+CME ERROR: 518\n")))
        yield.note(holds: true)
        try yield.end(Self.expected, in: "a.log", isOneOfSeveral: true)
    }

    @Test func theFirstRefusalIsTheReason() {
        var yield = SourceYield()
        yield.note(
            holds: false, refusal: ModemRefusal(in: lines("AT%KEYGEN\n+CME ERROR: 518\n+CME ERROR: 50\n")))
        yield.note(holds: false, refusal: ModemRefusal(in: lines("+CME ERROR: 513\n")))
        let error = #expect(throws: ToolError.self) {
            try yield.end(Self.expected, in: "a.log", isOneOfSeveral: false)
        }
        #expect(error?.code == .modemError)
        #expect(
            error?.message
                == "expected a token, found line 2: the modem refused with +CME ERROR: 518, not allowed while the modem "
                + "is active")
    }

    @Test func oneOfSeveralSaysThatItHasNone() throws {
        var yield = SourceYield()
        yield.note(holds: false)
        #expect(throws: Self.expected.none(in: "a.txt")) {
            try yield.end(Self.expected, in: "a.txt", isOneOfSeveral: true)
        }
        // The next source begins anew; of a single one the run says it.
        try yield.end(Self.expected, in: "b.txt", isOneOfSeveral: false)
    }

    @Test func whatOneSourceSaidIsNotTheNextOnes() throws {
        var yield = SourceYield()
        yield.note(holds: false, refusal: ModemRefusal(in: lines("+CME ERROR: 518\n")))
        yield.reset()
        try yield.end(Self.expected, in: "b.txt", isOneOfSeveral: false)
    }

    @Test(arguments: [
        "+CME ERROR\n", "x +CME ERROR: 5\n", "an ERROR\n", "ERROR 5\n", "{\"a\":\"+CME ERROR: 5\"}\n",
    ])
    func whatAModemDoesNotSayIsNoRefusal(_ text: String) {
        #expect(ModemRefusal(in: lines(text)) == nil)
    }

    /// A refusal without a number of ours is one, and one with a number says more.
    @Test(
        arguments: [
            ("ERROR\n", 1, nil), ("+CME ERROR: \n", 1, nil), ("+CME ERROR: -1\n", 1, nil),
            ("+CME ERROR: 99999999999\n", 1, nil), ("+CME ERROR: 42949672950\n", 1, nil),
            ("+CMS ERROR: 302\n", 1, nil),
            ("+CME ERROR: not allowed\nAT\n", 1, nil), ("+CME ERROR: 2dn3\n", 1, nil),
            ("ERROR\n+CME ERROR: 518\n", 2, 518),
            ("[00:00:01.250,000] <err> at: +CME ERROR: 513\n", 1, 513),
            ("\u{1b}[0m+CME ERROR: 513\u{1b}[0m\n", 1, 513),
            ("12:00:01.5 modem: +CME ERROR: 513 \n", 1, 513), ("uart:~$ +CME ERROR: 513\n", 1, 513),
            ("2026-02-03T04:05:06Z < ERROR\n", 1, nil),
        ] as [(String, Int, UInt32?)])
    func whatStandsBeforeItDoesNotHideIt(_ text: String, _ line: Int, _ code: UInt32?) {
        let refusal = ModemRefusal(in: lines(text))
        #expect(refusal?.line == line && refusal?.code == code)
    }
}
