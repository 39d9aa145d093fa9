import Diagnostics
import JSON
import Testing

@Suite struct JSONReaderTests {
    @Test func readsAllKindsInDocumentOrder() throws {
        let value = try parse(#" {"z":[1,-2,true,false,null,"é"],"a":{"b":{}},"m":[]} "#)
        let expected: JSONValue = .object([
            "z": .array([.integer(1), .integer(-2), .bool(true), .bool(false), .null, .string("é")]),
            "a": .object(["b": .object([:])]),
            "m": .array([]),
        ])
        #expect(value == expected)
        #expect(value["z"]?.arrayValue?.count == 6)
        #expect(value["none"] == nil)
    }

    @Test(arguments: [
        "1.5", "-0", "-0.0", "1e400", "1E-999", "123456789012345678901234567890", "9223372036854775808",
        "-9223372036854775809", "0.1000000000000000055511151231257827", "1.0", "20e1", "0e+1",
    ])
    func keepsTheTextOfNumbersThatAreNotInt64(number: String) throws {
        let expected = try #require(JSONNumber(number))
        #expect(try parse(number) == .number(expected))
        let inside = try parse("[1, \(number) ,{\"a\":\(number)}, 2]")
        #expect(
            inside
                == .array([.integer(1), .number(expected), .object(["a": .number(expected)]), .integer(2)]))
        #expect(text(inside.compact()) == "[1,\(number),{\"a\":\(number)},2]")
    }

    @Test(arguments: [
        ("0", 0), ("9007199254740993", 9_007_199_254_740_993), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min), ("-1", -1),
    ])
    func keepsInt64Exactly(number: String, expected: Int64) throws {
        #expect(try parse(number) == .integer(expected))
    }

    @Test(arguments: [
        "NaN", "Infinity", "-Infinity", "-", "01", "-01", "+1", ".5", "1.", "1e", "1e+", "0x10", "1.5.5",
        "--1",
        "1.5a", "1 2", "1e5e5", "- 1", "", " ", "[1,]", "{,}", "{\"a\":1,}", "[1 2]", "'a'", "{a:1}", "nul",
        "\"a\nb\"", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "[", "{\"a\"", "\"", "]",
        "// c\n1", "\u{feff}1", "1\u{0}", "\u{a0}1", "{\"a\":1,\"a\":2}", "{\"\\u0061\":1,\"a\":2}",
        "{\"a\\u0000\":1,\"a\\u0000\":2}",
    ])
    func refusesWhatIsNotStrictJSON(document: String) {
        #expect(throws: JSONError.self) { try parse(document) }
    }

    @Test(arguments: [
        ("[1,\n 2,\n x]", JSONError.Reason.syntax, "expected a JSON value, found something else", 3, 2, 10),
        ("{\"a\":1,\"a\":2}", .duplicateName, "expected distinct member names, found one twice", 1, 10, 10),
        ("[1", .incomplete, "expected the rest of a JSON value, found the end", 1, 2, 2),
        ("1 2", .trailingData, "expected the end after the JSON value, found more", 1, 3, 3),
        ("", .incomplete, "expected a JSON value, found nothing", 1, 1, 0),
        ("{\"a\" 1}", .syntax, "expected ':' after a member name", 1, 6, 6),
        ("[1.5,\n\"é\" 2.5]", .syntax, "expected ',' or ']' after an element", 2, 5, 12),
        ("[1\u{0}]", .syntax, "expected JSON, found a byte 0", 1, 3, 3),
    ])
    func namesThePlace(
        document: String, reason: JSONError.Reason, message: String, line: Int, column: Int, offset: Int
    ) {
        let expected = JSONError(
            reason: reason, message: message, line: line, column: column, byteOffset: offset)
        #expect(throws: expected) { try parse(document) }
        #expect(
            expected.toolError
                == ToolError(
                    .json, message, context: [.init("position", "line \(line), column \(column)")]))
    }

    @Test func errorsHoldNothingOfTheDocument() {
        let error = #expect(throws: JSONError.self) { try parse("{\"password\": hunter2hunter2}") }
        #expect(error?.message == "expected a JSON value, found something else")
    }

    @Test func readsNulInNamesAndTextsEvenBesidePrivateUseCharacters() throws {
        let value = try parse("{\"a\\u0000b\":\"\\u0000\u{e000}\\uE001\",\"\u{e002}\":1.5,\"\\\\u0000\":2}")
        let half = try #require(JSONNumber("1.5"))
        #expect(
            value
                == .object([
                    "a\0b": .string("\0\u{e000}\u{e001}"), "\u{e002}": .number(half), "\\u0000": .integer(2),
                ]))
    }

    @Test func comparesNamesByteForByte() throws {
        // U+212A is canonically equivalent to K, and Swift's String calls them equal.
        let value = try parse("{\"\u{212a}\":1,\"K\":2}")
        #expect(value["K"] == .integer(2))
        #expect(value["\u{212a}"] == .integer(1))
        #expect(try parse("\"\u{212a}\"") != .string("K"))
        #expect(try parse("{\"a\":1,\"b\":2}") != parse("{\"b\":2,\"a\":1}"))
    }

    @Test func refusesInvalidUTF8() {
        for bytes in [[0x22, 0xff, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc0, 0xaf, 0x22]]
            as [[UInt8]]
        {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
            #expect(error?.reason == .invalidUTF8)
        }
    }

    @Test func boundsBytesDepthAndValues() throws {
        let nested = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(try text(parse(nested).compact()) == nested)
        let tooDeep = JSONError(
            reason: .tooDeep, message: "expected at most 128 levels of nesting, found more", line: 2,
            column: 129, byteOffset: 130)
        #expect(throws: tooDeep) { try parse("\n[" + nested + "]") }
        #expect(throws: JSONError.self) { try parse(String(repeating: "[{\"a\":", count: 1_000_000)) }
        let few = JSONLimits(bytes: 20, depth: 10_000, values: 3)
        #expect(few.depth == 512)
        #expect(try parse("[1,2]", limits: few) == .array([.integer(1), .integer(2)]))
        let tooMany = JSONError(
            reason: .tooManyValues, message: "expected at most 3 values, found more", line: 1, column: 5,
            byteOffset: 5)
        #expect(throws: tooMany) { try parse("[1,2,3]", limits: few) }
        let tooLong = JSONError(
            reason: .tooLong, message: "expected at most 20 bytes of JSON, found 21", line: 0, column: 0,
            byteOffset: 0)
        #expect(throws: tooLong) { try parse(String(repeating: " ", count: 21), limits: few) }
        let brackets = try parse("\"[[[[[[[[,,,,,,\"", limits: JSONLimits(bytes: 100, depth: 1, values: 1))
        #expect(brackets == .string("[[[[[[[[,,,,,,"))
    }

    @Test func numbersAreCheckedWhenMade() {
        #expect(JSONNumber("1.5")?.text == "1.5")
        for wrong in ["", "x", "1.", "NaN", "1,2", "01", "1]"] {
            #expect(JSONNumber(wrong) == nil)
        }
    }

    @Test func printsForPeople() throws {
        let value = try parse(#"{"a":[1,{"b":[]}],"c":{},"d":"x\n"}"#)
        let expected = """
            {
              "a": [
                1,
                {
                  "b": []
                }
              ],
              "c": {},
              "d": "x\\n"
            }
            """
        #expect(text(value.indented()) == expected)
        #expect(try JSONValue(parsing: value.indented()) == value)
    }

    @Test func objectsKeepTheirOrderWhenChanged() {
        var object: JSONObject = ["a": .integer(1), "b": .integer(2)]
        object["a"] = .integer(3)
        object["c"] = .null
        object["b"] = nil
        object["x"] = nil
        #expect(object == ["a": .integer(3), "c": .null])
        #expect(JSONObject([("k", .null), ("k", .bool(true))]) == ["k": .bool(true)])
    }
}
