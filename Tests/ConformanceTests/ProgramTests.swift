import Foundation
import TestSupport
import Testing

@Suite struct ProgramTests {
    @Test func printsOneLineACaseInTheOrderOfTheFile() throws {
        let outcome = try Program.run(
            ["-"],
            input: Data(
                """
                [{"suite":"s","case_id":"b","operation":"cbor.decode","inputs":{"hex":"83010203"},
                  "requires":[]},
                 {"suite":"s","case_id":"a","operation":"cbor.decode","inputs":{"hex":"ff"},"requires":[]},
                 {"suite":"s","case_id":"a/ü\\n","operation":"tea.make","inputs":{}}]
                """.utf8))
        #expect(outcome.status == 0)
        #expect(outcome.standardError.isEmpty)
        #expect(
            String(decoding: outcome.standardOutput, as: UTF8.self) == """
                {"suite":"s","case_id":"b","verdict":"accept","output":{"diagnostic":"[1, 2, 3]"}}
                {"suite":"s","case_id":"a","verdict":"reject","output":null,"reason":"cbor: expected a CBOR \
                data item, found a break code at byte 0"}
                {"suite":"s","case_id":"a/ü\\n","verdict":"skip","output":null,"reason":"this operation is \
                not known","feature":"operation:tea.make"}

                """)
    }

    @Test func severalFilesAreJudgedInOrder() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "assay-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var paths: [String] = []
        for name in ["one", "two"] {
            let text =
                #"[{"suite":"\#(name)","case_id":"c","operation":"cbor.decode","inputs":{"hex":"00"}}]"#
            let file = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            paths.append(file.path)
        }
        let results = try Result.list(try Program.run(paths).standardOutput)
        #expect(results.map(\.suite) == ["one", "two"])
    }

    @Test(arguments: [
        "", "{", "{}", "[1]", #"[{"suite":"s"}]"#, #"[{"suite":"s","case_id":"c","operation":"o"}]"#,
        #"[{"suite":"s","case_id":1,"operation":"o","inputs":{}}]"#,
        #"[{"suite":"s","case_id":"c","operation":"o","inputs":{},"requires":[1]}]"#,
    ])
    func anUnreadableFileEndsWithStatus4(text: String) throws {
        let outcome = try Program.run(["-"], input: Data(text.utf8))
        #expect(outcome.status == 4)
        #expect(outcome.standardOutput.isEmpty)
        #expect(
            String(decoding: outcome.standardError, as: UTF8.self).hasPrefix("assay-conformance: error: "))
    }

    @Test func aMissingFileEndsWithStatus5() throws {
        #expect(try Program.run(["no-such-folder/cases.json"]).status == 5)
    }

    @Test func noArgumentIsWrongUsage() throws {
        let outcome = try Program.run([])
        #expect(outcome.status == 2)
        #expect(String(decoding: outcome.standardError, as: UTF8.self).hasPrefix("usage: "))
        #expect(try Program.run(["--help"]).status == 0)
    }

    @Test(arguments: [
        "cbor.decode", "token.decode", "token.verify", "sig.verify", "csr.verify", "csr.decode",
        "cert.decode",
        "cert.verify", "key.import", "json.parse", "csv.read",
    ])
    func missingAndMisshapenInputsAreRejected(operation: String) throws {
        let names = [
            "hex", "cose_hex", "at_output", "key_pem", "key_jwk", "key_der_hex", "cert_pem", "csr_pem",
            "msg_hex",
            "sig_hex", "encoding", "hash", "trust", "intermediates", "leaf", "time", "purpose", "name",
            "max_depth",
            "b64",
        ]
        // JSON and CSV take any bytes, so a text that is not base64 stands for them.
        let values: [Any] = ["\u{0}?", 1, [1], [String: String](), NSNull()]
        for inputs in [[:]]
            + values.map({ value in Dictionary(uniqueKeysWithValues: names.map { ($0, value) }) })
        {
            let result = try Program.judge(operation, inputs)
            #expect(result.verdict == "reject", "\(inputs)")
            #expect(result.reason?.isEmpty == false)
        }
    }

    @Test func casesThatNeedARefusedFeatureAreSkipped() throws {
        let result = try Program.judge(
            "json.parse", ["b64": "e30="], requires: ["rsa", "json:duplicate-keys"])
        #expect(result.verdict == "skip")
        #expect(result.feature == "json:duplicate-keys")
        #expect(result.reason == "a member name given twice is refused on purpose")
        #expect(try Program.judge("json.parse", ["b64": "e30="], requires: ["rsa"]).verdict == "accept")
    }

    @Test func theSuiteCannotLeadTheVerdict() throws {
        let text = #"""
            [{"suite":"s","case_id":"c","operation":"cbor.decode","inputs":{"hex":"ff"},"expected":"accept",
              "level":"must","output":{"diagnostic":"0"}}]
            """#
        #expect(try Program.judge(text).map(\.verdict) == ["reject"])
    }

    @Test func cborAsJSONWhereItIsCompared() throws {
        // [1, -1, 18446744073709551615, -18446744073709551616, "ü", h'fbff', 1.5, {1: true}, [_ null],
        //  2(h'0100')]
        let hex = "8a01201bffffffffffffffff3bffffffffffffffff62c3bc42fbfff93e00a101f59ff6ffc2420100"
        let text = #"""
            [{"suite":"s","case_id":"c","operation":"cbor.decode","inputs":{"hex":"\#(hex)"},
              "output":{"json":0}}]
            """#
        let outcome = try Program.run(["-"], input: Data(text.utf8))
        #expect(
            String(decoding: outcome.standardOutput, as: UTF8.self).contains(
                #""json":[1,-1,18446744073709551615,-18446744073709551616,"ü","-_8",1.5,{"1":true},[null],"AQA"]}"#
            ))
    }
}
