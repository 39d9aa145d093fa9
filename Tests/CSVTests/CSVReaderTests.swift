import CSV
import Diagnostics
import TestSupport
import Testing

/// A record in short: `line: field|'quoted field'`, an error: `line,column,field reason`.
private func summary(_ events: [CSVReader.Event]) -> [String] {
    events.map { event in
        switch event {
        case .record(let record):
            "\(record.line): "
                + record.fields.map { $0.isQuoted ? "'\($0.text)'" : $0.text }.joined(separator: "|")
        case .malformed(let error):
            "\(error.recordLine)@\(error.line),\(error.column),\(error.field) \(error.reason)"
        }
    }
}

private func read(_ text: String, limits: CSVLimits = .standard) -> [String] {
    summary(CSVReader.events(in: Array(text.utf8), limits: limits))
}

@Suite struct CSVReaderTests {
    @Test(arguments: [
        ("", []),
        ("\n\r\n\n", []),
        ("a", ["1: a"]),
        ("a,b\nc,d\n", ["1: a|b", "2: c|d"]),
        ("a,b\r\nc,d\r\n", ["1: a|b", "2: c|d"]),
        ("a,\n,\n", ["1: a|", "2: |"]),
        ("a,", ["1: a|"]),
        ("a\n\n\r\nb", ["1: a", "4: b"]),
        (" a , b ", ["1:  a | b "]),
        ("\"\"\n", ["1: ''"]),
        ("\"\"", ["1: ''"]),
        ("\"a,b\",\"c\"\"d\",\"\"\"\"\n", ["1: 'a,b'|'c\"d'|'\"'"]),
        ("\"a\nb\r\nc\",d\ne", ["1: 'a\nb\r\nc'|d", "4: e"]),
        ("\"a\"\r\nb", ["1: 'a'", "2: b"]),
        ("\u{feff}a,b", ["1: a|b"]),
        ("sep=;\na;b", ["1: sep=;", "2: a;b"]),
        ("\u{feff}", []),
        ("é,測\n🐢", ["1: é|測", "2: 🐢"]),
        ("a\u{feff}", ["1: a\u{feff}"]),
        ("\"a\rb\"", ["1: 'a\rb'"]),
    ])
    func readsRecords(text: String, expected: [String]) {
        #expect(read(text) == expected)
    }

    /// A first line that declares the delimiter, wherever the text is cut; nothing else is taken for one.
    @Test(arguments: [
        ("sep=;\na;b,c\n", ["2: a|b,c"], ["2: a;b|c"]),
        ("\u{feff}SEP=\t\r\na\tb", ["2: a|b"], ["2: a\tb"]),
        ("sep=,\n\na,b", ["3: a|b"], ["3: a|b"]),
        ("sep=;;\na,b", ["1: sep=;;", "2: a|b"], ["1: sep=;;", "2: a|b"]),
        ("sep=x\na,b", ["1: sep=x", "2: a|b"], ["1: sep=x", "2: a|b"]),
        ("sep=;", ["1: sep=;"], ["1: sep=;"]), ("s", ["1: s"], ["1: s"]), ("", [], []),
        ("sep=\n;", ["1: sep=", "2: ;"], ["1: sep=", "2: ;"]),
        ("a\nsep=;\nb;c", ["1: a", "2: sep=;", "3: b;c"], ["1: a", "2: sep=;", "3: b;c"]),
        ("\"sep=;\"\na,b", ["1: 'sep=;'", "2: a|b"], ["1: 'sep=;'", "2: a|b"]),
    ])
    func takesDeclarations(_ text: String, _ counted: [String], _ passed: [String]) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            for (declarations, expected) in [(CSVReader.Declarations.count, counted), (.arePassed, passed)] {
                var reader = CSVReader(declarations: declarations)
                var events: [CSVReader.Event] = []
                reader.append(bytes[..<cut])
                while let event = reader.next() { events.append(event) }
                reader.append(bytes[cut...])
                while let event = reader.next() { events.append(event) }
                reader.finish()
                while let event = reader.next() { events.append(event) }
                #expect(summary(events) == expected, "\(declarations) \(cut)")
                let isOne = expected.first?.hasPrefix("1") == false && !expected.isEmpty
                #expect(reader.declaration.isEmpty != isOne)
            }
        }
    }

    @Test(arguments: [
        ("a\"b,c\nd\n", ["1@1,2,1 strayQuote", "2: d"]),
        ("é,x\"y,\"m\nn\"\nd", ["1@1,4,2 strayQuote", "3: d"]),
        ("\"a\"b\nc", ["1@1,4,1 textBehindQuote", "2: c"]),
        ("\"a\" ,b\nc", ["1@1,4,1 textBehindQuote", "2: c"]),
        ("\"p\nq\"x,y\nc", ["1@2,3,1 textBehindQuote", "3: c"]),
        ("a\nb,\"c\nd\ne,f", ["1: a", "2@2,3,2 unterminatedQuote", "3: d", "4: e|f"]),
        ("\"", ["1@1,1,1 unterminatedQuote"]),
        ("\"\"\"", ["1@1,1,1 unterminatedQuote"]),
        ("\"a\nb\",\"c\nd", ["1@2,4,2 unterminatedQuote", "3: d"]),
        ("a\rb,c\nd", ["1@1,2,1 loneCarriageReturn", "2: d"]),
        ("a\r", ["1@1,2,1 loneCarriageReturn"]),
        ("\"a\"\rb\nc", ["1@1,4,1 loneCarriageReturn", "2: c"]),
        ("\r\r\n\nx", ["1@1,1,1 loneCarriageReturn", "3: x"]),
        ("a\u{0}b\nc", ["1@1,2,1 nul", "2: c"]),
        ("x,\"a\n\u{0}b\"\nc", ["1@2,1,2 nul", "3: c"]),
    ])
    func reportsAMalformedRecordAndGoesOn(text: String, expected: [String]) {
        #expect(read(text) == expected)
    }

    @Test func reportsInvalidUTF8WithItsPlace() {
        let bytes: [UInt8] =
            Array("a\nx,\"é\n".utf8) + [0xff] + Array("\"\nb,".utf8) + [0xc3, 0x28, 0x0a, 0x63]
        #expect(
            summary(CSVReader.events(in: bytes)) == [
                "1: a", "2@3,1,2 invalidUTF8", "4@4,3,2 invalidUTF8", "5: c",
            ])
    }

    @Test func errorsBecomeToolErrors() throws {
        guard case .malformed(let error) = CSVReader.events(in: Array("a\"".utf8)).first else {
            Issue.record("expected an error")
            return
        }
        #expect(
            error.toolError
                == ToolError(
                    .csv, "expected no quotation mark in an unquoted field, found one",
                    context: [.init("position", "line 1, column 2, field 1")]))
    }

    @Test func boundsFieldsRecordsAndColumns() {
        let limits = CSVLimits(fieldBytes: 4, recordBytes: 12, fields: 3)
        #expect(read("abcd,\"efgh\"\n", limits: limits) == ["1: abcd|'efgh'"])
        #expect(read("abcde\nb\n", limits: limits) == ["1@1,6,1 fieldTooLong", "2: b"])
        #expect(
            read("\"a\nb\nc\nd\"\nb\n", limits: limits) == [
                "1@1,1,1 fieldTooLong", "2: b", "3: c", "4@4,2,1 strayQuote", "5: b",
            ])
        #expect(read("a,b,c\na,b,c,d\ne", limits: limits) == ["1: a|b|c", "2@2,8,4 tooManyFields", "3: e"])
        #expect(read("a,b,c,d", limits: limits) == ["1@1,8,4 tooManyFields"])
        #expect(read("abcd,abcd,abcd\ne", limits: limits) == ["1@1,14,3 recordTooLong", "2: e"])
        let many = String(repeating: ",", count: 10_000)
        #expect(read(many + "\nb") == ["1@1,10001,10001 tooManyFields", "2: b"])
        let long = String(repeating: "x", count: 1024 * 1024)
        #expect(read(long + "\n" + long + "y\nb").suffix(2) == ["2@2,1048578,1 fieldTooLong", "3: b"])
    }

    @Test func keepsRecordsAsWritten() throws {
        let text = "a,\"b\"\"c\"\r\n\n\"d\ne\",f"
        let records = CSVReader.events(in: Array(text.utf8)).compactMap {
            if case .record(let record) = $0 { record } else { nil }
        }
        #expect(
            records.map { String(decoding: $0.raw, as: UTF8.self) } == ["a,\"b\"\"c\"\r\n", "\"d\ne\",f"])
        let first = try #require(records.first)
        #expect(first.count == 2)
        #expect(first[2] == nil && first[-1] == nil)
        #expect(first[1]?.text == "b\"c" && first[1]?.isQuoted == true && first[0]?.isQuoted == false)
    }

    @Test(arguments: 0..<40)
    func chunksMakeNoDifference(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("a,,\"\"\n\r\u{0}é🐢 ".utf8) + [0xff, 0xef, 0xbb, 0xbf]
        let limits = CSVLimits(fieldBytes: 12, recordBytes: 30, fields: 5)
        for _ in 0..<500 {
            let count = Int.random(in: 0..<60, using: &random)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let whole = CSVReader.events(in: bytes, limits: limits)
            var reader = CSVReader(limits: limits)
            var events: [CSVReader.Event] = []
            var index = 0
            while index < bytes.count {
                let end = min(bytes.count, index + Int.random(in: 1...4, using: &random))
                reader.append(bytes[index..<end])
                index = end
                while let event = reader.next() {
                    events.append(event)
                }
            }
            reader.finish()
            while let event = reader.next() {
                events.append(event)
            }
            #expect(events == whole)
            #expect(reader.next() == nil)
        }
    }

    @Test func randomBytesDoNotTrapAndEveryLineGetsAnAnswer() {
        var random = SplitMix64(seed: 9)
        for _ in 0..<100_000 {
            let bytes = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let lines = bytes.count { $0 == 0x0a } + 1
            for event in CSVReader.events(in: bytes) {
                switch event {
                case .record(let record): #expect((1...lines).contains(record.line))
                case .malformed(let error): #expect(error.recordLine <= error.line && error.line <= lines)
                }
            }
        }
    }

    @Test func openQuotationMarksEverywhereStayLinear() {
        // Each of these lines opens a mark that the next one closes, or that nothing closes.
        let lines = String(repeating: "a,\"b\n", count: 20_001)
        let events = CSVReader.events(in: Array(lines.utf8))
        #expect(events.count == 10_001)
        let open = "\"" + String(repeating: "x\n", count: 100_000)
        #expect(CSVReader.events(in: Array(open.utf8)).count == 100_000)
    }
}

@Suite struct CSVWriterTests {
    @Test func quotesOnlyWhatHasTo() {
        var writer = CSVWriter()
        writer.record(["a", "b c", "", "d,e", "f\"g", "h\n", "i\r"])
        writer.record([""])
        writer.record(["", ""])
        writer.field("x", quoted: true)
        writer.field(Array("y".utf8)[...])
        writer.endRecord()
        let expected = "a,b c,,\"d,e\",\"f\"\"g\",\"h\n\",\"i\r\"\n\"\"\n,\n\"x\",y\n"
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        writer.removeAll()
        #expect(writer.bytes.isEmpty)
    }

    @Test func endsRecordsAsRFC4180WhenAsked() {
        var writer = CSVWriter(lineEnding: .carriageReturnLineFeed)
        writer.record(["a", "b"])
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "a,b\r\n")
    }

    @Test func whatIsWrittenIsReadBack() {
        var random = SplitMix64(seed: 5)
        let pieces = ["a", ",", "\"", "\n", "\r", "é", " ", ""]
        for _ in 0..<5_000 {
            var writer = CSVWriter(
                lineEnding: Bool.random(using: &random) ? .lineFeed : .carriageReturnLineFeed)
            let rows = (0..<3).map { _ in
                (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    (0..<3).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
                }
            }
            for row in rows {
                writer.record(row)
            }
            let read = CSVReader.events(in: writer.bytes).map { event -> [String] in
                if case .record(let record) = event { record.fields.map(\.text) } else { [] }
            }
            #expect(read == rows)
        }
    }
}

@Suite struct MalformedBytesTests {
    /// Records and malformed bytes together are the input, whatever its damage and however it is cut.
    @Test func nothingIsLost() {
        var state: UInt64 = 11
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let alphabet: [[UInt8]] = [
            [0x61], [0x62], [0x2c], [0x22], [0x0a, 0x61], [0x0d, 0x0a, 0x61], [0x0d], [0], [0xff],
            [0xc3, 0xa9],
        ]
        for round in 0..<2_000 {
            // Each line begins with a letter, because empty lines are skipped.
            var input: [UInt8] = [0x61]
            for _ in 0..<random(80) { input += alphabet[random(alphabet.count)] }
            let limits =
                round % 2 == 0 ? CSVLimits.standard : CSVLimits(fieldBytes: 9, recordBytes: 20, fields: 4)
            var reader = CSVReader(limits: limits, keepsMalformed: true)
            var output: [UInt8] = []
            var position = 0
            while true {
                let event = reader.next()
                output += reader.takeMalformed()
                if case .record(let record)? = event { output += record.raw }
                if event != nil { continue }
                if position > input.count { break }
                let end = min(input.count, position + 1 + random(16))
                reader.append(input[position..<end])
                position = end
                if end == input.count {
                    reader.finish()
                    position += 1
                }
            }
            #expect(output == input, "round \(round)")
        }
    }

    @Test func bytesAreKeptOnRequestOnly() {
        var reader = CSVReader()
        reader.append(Array("a\"b\n".utf8)[...])
        #expect(reader.next() != nil)
        #expect(reader.takeMalformed().isEmpty)
    }
}

@Suite struct SpreadsheetTests {
    @Test(arguments: [
        ("=1+1", "'=1+1\n"), ("+1", "'+1\n"), ("-1", "'-1\n"), ("@x", "'@x\n"), ("\t=1", "'\t=1\n"),
        ("\r=1", "\"'\r=1\"\n"), ("=a,\"b\"", "\"'=a,\"\"b\"\"\"\n"), ("a=1", "a=1\n"), ("", "\"\"\n"),
    ])
    func formulasAreNeutralised(text: String, expected: String) {
        var writer = CSVWriter(forSpreadsheet: true)
        writer.record([text])
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func losslessByDefault() {
        var writer = CSVWriter()
        writer.record(["=1+1", "@x"])
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "=1+1,@x\n")
    }
}
