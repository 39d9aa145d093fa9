import ATCommands
import DeviceIdentity
import Diagnostics
import TestSupport
import Testing

@Suite("An AT command and its answer") struct ExchangeTests {
    private static let digest = String(repeating: "AB", count: 32)

    struct Case: Sendable, CustomStringConvertible {
        let request: ATRequest
        let lines: [String]
        let answer: ATAnswer?
        var description: String { "\(request.name): \(lines)" }
    }

    static let cases: [Case] = [
        Case(request: .attention, lines: ["OK"], answer: .ok([])),
        // The echo, plain and in a shell, with one prompt and with two.
        Case(request: .attention, lines: ["AT", "OK"], answer: .ok([])),
        Case(request: .attention, lines: ["uart:~$ at 'AT'", "OK"], answer: .ok([])),
        Case(request: .attention, lines: ["uart:~$ uart:~$ OK"], answer: .ok([])),
        Case(request: .attention, lines: ["ERROR"], answer: .failed),
        Case(request: .attention, lines: ["uart:~$ AT: command not found"], answer: .notFound),
        Case(request: .attention, lines: ["ok", "OKAY", "NO OK", "+CEREG: 1"], answer: nil),
        Case(request: .imei, lines: ["AT+CGSN=1", "+CGSN: \"1\"", "OK"], answer: .ok(["\"1\""])),
        Case(
            request: .imei, lines: ["+CEREG: 2,\"1\"", "+CGSN: \"1\"", "%XTIME: ,\"\"", "OK"],
            answer: .ok(["\"1\""])),
        Case(
            request: .firmware, lines: ["AT+CGMR", "mfw_nrf91x1_2.0.2", "OK"],
            answer: .ok(["mfw_nrf91x1_2.0.2"])),
        Case(
            request: .firmware,
            lines: ["uart:~$ at 'AT+CGMR'", "[00:01] <inf> x: y", "+CEREG: 0", "mfw_1", "OK"],
            answer: .ok(["mfw_1"])),
        Case(
            request: .deviceUUID, lines: ["%DEVICEUUID: 50363154-3931-44f0-8022-121b6401627d", "OK"],
            answer: .ok(["50363154-3931-44f0-8022-121b6401627d"])),
        Case(
            request: .deviceUUID, lines: ["creating", "50363154-3931-44f0-8022-121b6401627d", "OK"],
            answer: .ok(["50363154-3931-44f0-8022-121b6401627d"])),
        Case(request: .deviceUUID, lines: ["+CME ERROR: 50"], answer: .refused(50)),
        Case(
            request: .reportErrors, lines: ["+CME ERROR: operation not allowed"],
            answer: .refusedInWords("operation not allowed")),
        Case(
            request: .reportErrors, lines: ["+CME ERROR: 4294967296"], answer: .refusedInWords("4294967296")),
        Case(request: .listCredentials(), lines: ["OK"], answer: .ok([])),
        Case(
            request: .listCredentials(),
            lines: ["%CMNG: 7,0,\"\(digest)\"", "%CMNG: 7,1,\"\(digest)\"", "OK"],
            answer: .ok(["7,0,\"\(digest)\"", "7,1,\"\(digest)\""])),
        // The late answer to a command before: its OK is not this one's.
        Case(request: .setFunctionMode(1), lines: ["%KEYGEN: \"a.b\"", "OK"], answer: nil),
        Case(request: .setFunctionMode(1), lines: ["%KEYGEN: \"a.b\"", "OK", "OK"], answer: .ok([])),
        Case(
            request: .imei, lines: ["%CMNG: 7,0,\"\(digest)\"", "OK", "+CGSN: \"1\"", "OK"],
            answer: .ok(["\"1\""])),
        Case(request: .imei, lines: ["OK"], answer: .ok([])),
    ]

    @Test(arguments: cases) func ends(_ sample: Case) {
        var exchange = ATExchange(sample.request)
        var answer: ATAnswer?
        for line in sample.lines where answer == nil { answer = exchange.take(line) }
        #expect(answer == sample.answer)
    }

    /// Whatever is said, an exchange ends with a final result or not at all, and keeps no more than its bound.
    @Test func endsByFinalResultsAlone() {
        var random = SplitMix64(seed: 7)
        let words = [
            "OK ", "+CME ERROR", "ERROR!", "%CMNG: x", "uart:~$", ":~$ :~$ ", "\u{fffd}", "AT", "",
            "+CGSN: 1",
        ]
        for _ in 0..<500 {
            var exchange = ATExchange(.listCredentials())
            for _ in 0..<2_000 {
                let line = words.randomElement(using: &random) ?? ""
                #expect(exchange.take(line) == nil, "\(line)")
            }
            guard case .ok(let lines)? = exchange.take("OK") ?? exchange.take("OK") else {
                Issue.record("no end")
                continue
            }
            #expect(lines.count <= 1_024)
        }
    }

    @Test func namesForeignAnswers() {
        var exchange = ATExchange(.attestationToken())
        for line in ["AT%ATTESTTOKEN", "%KEYGEN: \"a.b\"", "OK", "+CGSN: \"1\""] {
            #expect(exchange.take(line) == nil)
        }
        #expect(exchange.foreign == ["AT%KEYGEN", "AT+CGSN"])
    }

    // MARK: What is sent

    @Test func isSentAsTheFirmwareTakesIt() throws {
        let write = try ATRequest.writeCredential(.clientCertificate, under: SecTag(7), "a\nb\n")
        #expect(ATDialect.plain.octets(of: write) == Array("AT%CMNG=0,7,1,\"a\nb\n\"\r\n".utf8))
        #expect(ATDialect.shell.octets(of: write) == Array("at 'AT%CMNG=0,7,1,\"a\\nb\\n\"'\r\n".utf8))
        #expect(ATRequest.imei.text == "AT+CGSN=1")
        #expect(ATRequest.listCredentials(under: SecTag(7)).text == "AT%CMNG=1,7")
        #expect(ATRequest.deleteCredential(.privateKey, under: SecTag(7)).text == "AT%CMNG=3,7,2")
        #expect(ATRequest.attestationToken(nonce: [0, 255]).text == "AT%ATTESTTOKEN=\"00ff\"")
        #expect(try ATRequest.generateKey(under: SecTag(7)).text == "AT%KEYGEN=7,2,0")
        #expect(try ATRequest.generateKey(under: SecTag(7), isPublicKeyAlone: true).text == "AT%KEYGEN=7,2,1")
        #expect(
            try ATRequest.generateKey(under: SecTag(7), attributes: "CN=a", usage: "100000000").text
                == "AT%KEYGEN=7,2,0,\"CN=a\",\"100000000\"")
        #expect(
            try ATRequest.generateKey(under: SecTag(7), usage: "100000000").text
                == "AT%KEYGEN=7,2,0,,\"100000000\"")
    }

    /// Nothing that is given can end the text that it stands in.
    @Test(arguments: ["\"", "'", "\\", "\r", "\u{0}", "\u{7f}", "ä", "a\u{1b}"])
    func refusesWhatCannotBeSaid(_ text: String) {
        #expect(throws: ToolError.self) {
            try ATRequest.generateKey(under: SecTag(7), attributes: "CN=" + text)
        }
        #expect(throws: ToolError.self) {
            try ATRequest.writeCredential(.keyIdentity, under: SecTag(7), text)
        }
    }

    @Test(arguments: [
        "7,0,\"\(digest)\"", "4294967295,99,\"\(digest.lowercased())\"",
    ])
    func listingsAreRead(_ information: String) throws {
        let entry = try #require(StoredCredential(information: information))
        #expect(entry.digest == [UInt8](repeating: 0xab, count: 32))
        #expect(entry.line.lowercased() == "%cmng: \(information)".lowercased())
    }

    @Test(arguments: [
        "", "7,0", "7,0,\"AB\"", "x,0,\"\(digest)\"", "7,-1,\"\(digest)\"", "4294967296,0,\"\(digest)\"",
        "7,0,\"\(digest)\",\"content\"", "7,0,\"\(digest)", "7,00000000000,\"\(digest)\"",
    ])
    func otherListingsAreNot(_ information: String) {
        #expect(StoredCredential(information: information) == nil)
    }
}
