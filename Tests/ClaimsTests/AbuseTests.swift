import DeviceIdentity
import Foundation
import TestSupport
import Testing

@Suite struct AbuseTests {
    private let device: TestDevice

    init() throws {
        var random = SplitMix64(seed: 77)
        device = try TestDevice(&random)
    }

    private func check(_ bytes: [UInt8], _ format: String = "auto") throws -> [ClaimResult] {
        let workshop = try Workshop()
        try workshop.write(bytes, "in")
        let outcome = try workshop.run(
            "claim", "check", "in", "--json", "--format", format, "--rejects", "bad")
        #expect([0, 1, 3, 4].contains(outcome.status))
        return try results(outcome)
    }

    private func check(_ text: String, _ format: String = "auto") throws -> [String] {
        try check(Array(text.utf8), format).map { "\($0.row) \($0.status) \($0.message)" }
    }

    @Test func lineEndsAndMarks() throws {
        let ready = "ready ready to claim"
        #expect(try check("\u{feff}\(device.row)\r\n") == ["1 \(ready)"])
        #expect(try check("\u{feff}\(device.token)\r\n\r\n") == ["1 \(ready)"])
        #expect(try check("\u{feff}{\"token\":\"\(device.token)\"}\r\n") == ["1 \(ready)"])
        #expect(try check("imei,uuid,token,time\r\(device.row)\r") == ["2 \(ready)"])
        #expect(
            try check("\(device.token)\r\(device.token)\r", "lines").map { $0.prefix(11) } == [
                "1 ready rea", "2 duplicate",
            ])
        let utf16 = Array(try unwrapped(device.row.data(using: .utf16)))
        #expect(utf16.starts(with: [0xff, 0xfe]))
        #expect(try check(utf16).map(\.message) == ["expected UTF-8, found UTF-16"])
    }

    @Test func embeddedNewlinesAndQuotes() throws {
        let quoted =
            "note,token\n\"say \"\"hi\"\",\nor\r\nnot\",\"\(device.token)\"\n\"=cmd|'/C calc'!A0\",\(device.token)\n"
        #expect(
            try check(quoted) == [
                "2 ready ready to claim",
                "5 duplicate device \(device.uuid) is in in:2 already, with the same token",
            ])
    }

    @Test func hugeFieldsAndRows() throws {
        let field = Array(repeating: UInt8(ascii: "a"), count: 3 << 20)
        let after = Array("\n\(device.row)\n".utf8)
        #expect(
            try check(field + [0x2c] + field + after, "csv").map { "\($0.row) \($0.status)" } == [
                "1 malformed", "2 ready",
            ])
        let columns = Array(repeating: UInt8(ascii: ","), count: 1_000_000)
        #expect(try check(columns + after).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
        #expect(try check([0] + after).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
        #expect(
            try check([0xff, 0x2c] + after).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
        #expect(try check([0x22] + after).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
    }

    /// Every byte of a row beyond all limits is in the rejects.
    @Test func aHugeRowIsRejectedWhole() throws {
        let row = Array("1,2,".utf8) + Array(repeating: UInt8(ascii: "x"), count: 9 << 20) + [0x0a]
        let workshop = try Workshop()
        try workshop.write(row + Array("\(device.row)\n".utf8), "in")
        #expect(try workshop.run("claim", "check", "in", "--rejects", "bad").status == 3)
        #expect(try workshop.read("bad") == row)
    }

    @Test func logsGiveImeiAndUuid() throws {
        let other = "50363154-0000-0000-0000-000000000000"
        let log = """
            AT+CGSN=1\r
            +CGSN: "3526561061112"\r
            +CGSN: "352656106111230"\r
            AT%DEVICEUUID\r
            %DEVICEUUID: \(device.uuid)\r
            AT%ATTESTTOKEN\r
            %ATTESTTOKEN: "\(device.token)"\r
            Device UUID: \(device.uuid)\r
            [00:01] <inf> token is \(device.token), keep it\r
            UUID \(other)\r
            %ATTESTTOKEN: "\(device.token)"\r

            """
        #expect(
            try check(log) == [
                "7 malformed expected an IMEI of 15 digits with its check digit, found check digit 0 where 3 is right",
                "9 ready ready to claim",
                "11 rejected the row is for device \(other), its token is of \(device.uuid)",
            ])
    }

    /// Carriage returns end lines of a log too, and several tokens may stand on one.
    @Test func everyTokenOfALogIsARow() throws {
        let again = "duplicate device \(device.uuid) is in in:1 already, with the same token"
        let answer = "%ATTESTTOKEN: \"\(device.token)\""
        #expect(try check("\(answer)\r\(answer)\r", "at") == ["1 ready ready to claim", "2 \(again)"])
        #expect(
            try check("\(answer) \(answer)\n\(device.token)", "at").map { String($0.prefix(11)) } == [
                "1 ready rea", "1 duplicate", "2 duplicate",
            ])
    }

    @Test func logsSayMoreOnTheLineOfTheToken() throws {
        let other = "50363154-0000-0000-0000-000000000000"
        let mismatch = "1 rejected the row is for device \(other), its token is of \(device.uuid)"
        let damage =
            "1 malformed expected an IMEI of 15 digits with its check digit, found check digit 0 where 3 is right"
        #expect(try check("uuid: \(other), token: \(device.token)\n", "at") == [mismatch])
        #expect(try check("{\"token\":\"\(device.token)\",\"uuid\":\"\(other)\"}\n", "at") == [mismatch])
        #expect(try check("[1] 352656106111233,\(other),\(device.token),\n", "at") == [mismatch])
        #expect(try check("[1] 352656106111230,\(device.uuid),\(device.token),\n", "at") == [damage])
        #expect(
            try check("imei 352656106111230 uuid \(device.uuid)\r\(device.token)\n", "at") == [
                "2" + damage.dropFirst()
            ])
        // The UUID of the modem's firmware is another thing.
        for name in ["%XMODEMUUID:", "Firmware UUID", "fw_uuid="] {
            #expect(
                try check("\(name) \(other)\n%ATTESTTOKEN: \"\(device.token)\"\n", "at") == [
                    "2 ready ready to claim"
                ])
        }
    }

    /// What made a row of a log bad is in its rejects, so that they are bad when they are read again.
    @Test func rejectsOfALogKeepWhatSpeaksAgainstTheRow() throws {
        let log =
            "+CGSN: \"352656106111230\"\r\nOK\r\nUUID 50363154-0000-0000-0000-000000000000\r\n%ATTESTTOKEN: \"\(device.token)\"\r\n"
        let kept =
            "+CGSN: \"352656106111230\"\nUUID 50363154-0000-0000-0000-000000000000\n%ATTESTTOKEN: \"\(device.token)\"\n"
        let workshop = try Workshop()
        try workshop.write(Array(log.utf8), "log")
        #expect(try workshop.run("claim", "check", "log", "--format", "at", "--rejects", "bad").status == 4)
        #expect(String(decoding: try workshop.read("bad"), as: UTF8.self) == kept)
        #expect(try workshop.run("claim", "check", "bad", "--format", "at").status == 4)
    }

    /// Thousands of tokens on a line take no longer than the same on lines of their own.
    @Test func crowdedLinesOfALogAreReadInOnePass() throws {
        let line = String(repeating: "2dn3hQFQ ", count: 7_000) + "\n"
        let results = try check(Array(String(repeating: line, count: 4).utf8), "at")
        #expect(results.count == 28_000)
        #expect(results.allSatisfy { $0.status == "malformed" })
    }

    @Test func semicolonsAreNamedBesideQuotationMarks() throws {
        let named = "malformed expected fields separated by commas, found semicolons"
        #expect(
            try check("token;tags\n\(device.token);\"a,b\"\n\"x\";\"\(device.uuid)\"\n") == [
                "1 \(named)", "2 \(named)", "3 \(named)",
            ])
    }

    /// A header that nothing can be read under is a bad row like those below it.
    @Test func aHeaderWithoutATokenColumnIsRejectedOnce() throws {
        let workshop = try Workshop()
        let text = Array("imei,uuid\n1,2\n".utf8)
        try workshop.write(text, "in")
        #expect(try workshop.run("claim", "check", "in", "--rejects", "bad").status == 4)
        #expect(try workshop.read("bad") == text)
    }

    /// Lines beyond the limit cost no memory, are named, and lose nothing on their way into the rejects.
    @Test(arguments: ["lines", "jsonl", "at", "csv"], [65_537, 131_072, 8 << 20])
    func aHugeLineIsRejectedWhole(format: String, count: Int) throws {
        let line = Array(repeating: UInt8(ascii: "x"), count: count) + [0x0a]
        let good = format == "jsonl" ? "{\"token\":\"\(device.token)\"}\n" : device.token + "\n"
        let row = format == "csv" ? "\(device.row)\n" : good
        let workshop = try Workshop()
        try workshop.write(line + Array(row.utf8), "in")
        let outcome = try workshop.run(
            "-c",
            "ulimit -v 400000; exec \"$0\" claim check in --json --format \(format) --rejects bad --jobs 2",
            TestPaths.binary.path, program: "/bin/sh")
        #expect(outcome.status == 3, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        #expect(try results(outcome).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
        #expect(try workshop.read("bad") == line)
    }
}
