import Diagnostics
import JSON
import ProvisioningAPI
@testable import Submission
import Testing

/// Lists in pages, and what is none.
@Suite("A list in pages")
struct PagedListTests {
    private func read(_ answer: @escaping @Sendable (ServiceCall) -> TransportOutcome) throws -> (
        ids: [String], error: ToolError?
    ) {
        let time = TestTime()
        let control = RunControl(RetryPolicy(patience: 60_000_000), time.clock)
        let talk = Conversation(
            with: try ServiceAddress("https://a"), over: TestTransport(answer), pace: OwnPace(), interval: 0,
            clock: time.clock, control: control)
        var ids: [String] = []
        try PagedList(talk).read(.listDevices, query: "tag=x", doing: "look at devices") { item in
            ids.append(item["id"]?.stringValue ?? "")
            return true
        }
        return (ids, control.error)
    }

    @Test func isReadToItsEnd() throws {
        let (ids, error) = try read { call in
            #expect(call.url.hasPrefix("https://a/v1/claimed-devices?pageLimit=100&tag=x"))
            return call.url.hasSuffix("&pageNextToken=a%2Fb")
                ? .json(200, #"{"items":[{"id":"2"}],"pageNextToken":null}"#)
                : .json(200, #"{"items":[{"id":"1"}],"pageNextToken":"a/b"}"#)
        }
        #expect(ids == ["1", "2"])
        #expect(error == nil)
    }

    @Test func nullIsAnEmptyList() throws {
        let (ids, error) = try read { _ in .json(200, #"{"items":null}"#) }
        #expect(ids.isEmpty && error == nil)
    }

    /// A page that comes again has no end; what it had is not told as all.
    @Test func aPageThatComesAgainIsAnError() throws {
        let (_, error) = try read { _ in .json(200, #"{"items":[{"id":"1"}],"pageNextToken":"same"}"#) }
        #expect(error?.code == .serviceContract)
    }

    @Test(arguments: [
        "{}", "[]", #"{"items":{}}"#, #"{"message":"hello"}"#, #"{"items":["x",1,null]}"#, #"{"items":"x"}"#,
        "",
    ])
    func whatIsNoListIsAnError(_ body: String) throws {
        let (ids, error) = try read { _ in .json(200, body) }
        #expect(ids.isEmpty)
        #expect(error?.code == .serviceContract)
    }

    @Test(arguments: [(401, ErrorCode.serviceRefused), (302, .serviceContract), (400, .serviceContract)])
    func otherAnswersAreErrors(_ status: Int, _ code: ErrorCode) throws {
        #expect(try read { _ in .json(status, #"{"message":"no"}"#) }.error?.code == code)
    }
}
