import ATCommands
import TestSupport
import Testing

@Suite("Lines of a modem") struct LineReaderTests {
    private func lines(_ pieces: [[UInt8]]) throws -> [String] {
        var reader = ATLineReader()
        var lines: [String] = []
        for piece in pieces { try reader.take(piece, into: &lines) }
        return lines
    }

    @Test(arguments: [
        ("OK\r\n", ["OK"]), ("OK\r", ["OK"]), ("OK\n", ["OK"]), ("\r\n\r\n  OK  \r\n", ["OK"]), ("OK", []),
        ("+CFUN: 1\r\n\r\nOK\r\n", ["+CFUN: 1", "OK"]),
        ("\u{1b}[1;32muart:~$ \u{1b}[mat AT\r\nOK\r\n", ["uart:~$ at AT", "OK"]),
        ("\u{1b}[8D\u{1b}[JOK\r\n", ["OK"]), ("a\u{8}\tb\r\n", ["ab"]), ("\u{1b}7x\u{1b}\u{1b}\r\n", ["x"]),
        (" \r\n", []),
    ])
    func areWithoutColoursAndBlanks(_ text: String, _ expected: [String]) throws {
        #expect(try lines([Array(text.utf8)]) == expected)
    }

    /// However the octets come in, the lines are the same.
    @Test func doNotDependOnHowTheyAreSplit() throws {
        let text = Array(
            "\u{1b}[1;32muart:~$ \u{1b}[mat AT%CMNG=1\r\n%CMNG: 7,0,\"AB\"\r\n+CEREG: 2\r\n\u{1b}[JOK\r\n"
                .utf8)
        let whole = try lines([text])
        #expect(whole.count == 4)
        for place in text.indices {
            #expect(try lines([Array(text[..<place]), Array(text[place...])]) == whole)
        }
        #expect(try lines(text.map { [$0] }) == whole)
    }

    @Test func areBounded() throws {
        var reader = ATLineReader()
        var lines: [String] = []
        try reader.take([UInt8](repeating: 0x61, count: ATLineReader.lineLimit), into: &lines)
        #expect(throws: ATLineReader.Fault.lineTooLong) { try reader.take([0x61], into: &lines) }
        #expect(lines == [])
        // What comes after is read on.
        try reader.take(Array("b\n".utf8), into: &lines)
        #expect(lines == ["b"])
    }

    @Test func holdAMegabyteWithoutALineEndOff() throws {
        var reader = ATLineReader()
        var lines: [String] = []
        let octets = Array("OK\r\n".utf8) + [UInt8](repeating: 0x41, count: 1 << 20)
        #expect(throws: ATLineReader.Fault.lineTooLong) { try reader.take(octets, into: &lines) }
        // The answer before it counts.
        #expect(lines == ["OK"])
        var log = ATLineReader()
        let line = [UInt8](repeating: 0x2e, count: 1_023) + [0x0a]
        lines = []
        for _ in 0..<1_024 { try log.take(line, into: &lines) }
        #expect(lines.count == 1_024)
        #expect(throws: ATLineReader.Fault.answerTooLong) { try log.take(line, into: &lines) }
        log.beginAnswer()
        try log.take(line, into: &lines)
        #expect(lines.count == 1_025)
    }

    @Test func ofNoiseAreNone() throws {
        var random = SplitMix64(seed: 15)
        for _ in 0..<200 {
            var reader = ATLineReader()
            var lines: [String] = []
            #expect(throws: ATLineReader.Fault.self) {
                for _ in 0..<64 { try reader.take(random.bytes(256), into: &lines) }
            }
            #expect(!lines.contains("OK"))
        }
    }
}
