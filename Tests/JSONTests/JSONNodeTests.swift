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
