import Diagnostics
import JSON
import Testing

@Suite struct JSONNodeTests {
    private let document: JSONNode

    init() throws {
        let value = try parse(
            #"{"commands":[{"request":{"secTag":1.5,"odd name":true}},{"request":[]}],"n":-3,"none":null}"#)
        document = JSONNode(value, code: .command)
    }

    @Test func namesThePathOfAWrongType() throws {
        let request = try document.member("commands").elements()[0].member("request")
        #expect(request.path.description == "commands[0].request")
        #expect(throws: ToolError(.command, "commands[0].request.secTag: expected an integer, found 1.5")) {
            try request.member("secTag").integer()
        }
        #expect(throws: ToolError(.command, "commands[0].request: expected a member 'x', found none")) {
            try request.member("x")
        }
        #expect(
            throws: ToolError(
                .command, "commands[0].request[\"odd name\"]: expected a string, found a boolean")
        ) { try request.member("odd name").string() }
        #expect(throws: ToolError(.command, "n: expected an integer from 0 to 9, found -3")) {
            try document.member("n").integer(in: 0...9)
        }
        #expect(throws: ToolError(.command, "commands[1].request: expected an object, found an array")) {
            try document.member("commands").elements()[1].member("request").member("a")
        }
        #expect(throws: ToolError(.command, "$: expected an array, found an object")) {
            try document.elements()
        }
        #expect(
            throws: ToolError(
                .command, "commands[0].request[\"odd name\"]: unknown member, expected 'secTag', 'x'")
        ) { try request.allowOnly(["secTag", "x"]) }
    }

    @Test func readsWhatIsThere() throws {
        #expect(try document.member("n").integer() == -3)
        #expect(try document.member("n").integer(in: -3...0) == -3)
        #expect(try document.optionalMember("absent") == nil)
        #expect(try document.optionalMember("none")?.value == .null)
        #expect(try document.members().map(\.name) == ["commands", "n", "none"])
        let odd = try document.member("commands").elements()[0].member("request").member("odd name")
        #expect(try odd.bool())
        try document.allowOnly(["commands", "n", "none"])
        #expect(throws: ToolError(.json, "$: expected a string, found null")) { try JSONNode(.null).string() }
    }
}

/// The lines that errors name.
@Suite struct JSONNodeLineTests {
    private static let text = """
        {
          "a\\"}": [1, {"b": "]}\\\\"},
            [ ],
            -1.5e3
          ],
          "ø":
            {"c": null,
             "d": {"e": true}}
        }
        """

    private func line(_ find: (JSONNode) throws -> JSONNode) throws -> [ToolError.Context] {
        let bytes = Array(Self.text.utf8)
        let root = JSONNode(try JSONValue(parsing: bytes), code: .profile, text: bytes)
        let error = try find(root).error("wrong")
        #expect(error.code == .profile)
        return error.context
    }

    @Test func linesAreThoseOfMembersAndElements() throws {
        func expect(_ number: Int, _ find: (JSONNode) throws -> JSONNode) throws {
            #expect(try line(find) == [.init("line", "\(number)")])
        }
        try expect(1) { $0 }
        try expect(2) { try $0.member("a\"}") }
        try expect(2) { try $0.member("a\"}").elements()[0] }
        try expect(2) { try $0.member("a\"}").elements()[1].member("b") }
        try expect(3) { try $0.member("a\"}").elements()[2] }
        try expect(4) { try $0.member("a\"}").elements()[3] }
        try expect(6) { try $0.member("ø") }
        try expect(7) { try $0.member("ø").member("c") }
        try expect(8) { try $0.member("ø").member("d").member("e") }
    }

    @Test func anUnknownMemberIsNamedWithItsOwnLine() throws {
        let bytes = Array(Self.text.utf8)
        let root = JSONNode(try JSONValue(parsing: bytes), text: bytes)
        #expect(
            throws: ToolError(
                .json, "[\"ø\"].d: unknown member, expected 'c'", context: [.init("line", "8")])
        ) { try root.member("ø").allowOnly(["c"]) }
    }

    @Test func withoutATextThereIsNoLine() throws {
        #expect(JSONNode(.null).error("wrong") == ToolError(.json, "$: wrong"))
    }
}
