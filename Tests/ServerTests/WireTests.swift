import Foundation
import TestSupport
import Testing

@testable import ServerHTTP

/// Requests as clients send them, and what is refused before the service sees it.
@Suite(.serialized) struct WireTests {
    let service: RunningService

    init() throws { service = try RunningService() }

    /// Sends octets, and reads until the service closes.
    private func exchange(_ text: String) throws -> WireAnswer {
        let connection = try service.connect()
        try connection.send(text)
        return try WireAnswer(try connection.readToEnd())
    }

    @Test func unknownPathsAndMethods() throws {
        let unknown = try service.ask("GET", "/v1/nowhere")
        #expect(unknown.statusLine == "HTTP/1.1 404 Not Found")
        #expect(unknown.header("Content-Type") == "application/json")
        #expect(unknown.message?.isEmpty == false)
        #expect(try service.ask("GET", "/").status == 404)
        let method = try service.ask("DELETE", "/v1/provisioning-rules")
        #expect(method.status == 405)
        #expect(method.header("Allow") == "POST, GET")
        #expect(method.message?.isEmpty == false)
    }

    /// A HEAD has the head of the GET and nothing after it.
    @Test func head() throws {
        let answer = try service.ask("HEAD", "/healthz")
        #expect(answer.status == 200)
        #expect(answer.header("Content-Length") == "3")
        #expect(answer.body == [])
    }

    @Test func severalRequestsOnOneConnection() throws {
        let connection = try service.connect()
        for _ in 0..<3 {
            try connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try connection.readAnswer()
            #expect(answer.text == "ok\n")
            #expect(answer.header("Connection") == nil)
        }
        // Three at once are answered in their order, the last with the end of the connection.
        try connection.send(
            "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/a HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
        let lines = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
        #expect(lines == ["200", "404", "200"])
        #expect(text.hasSuffix("ready\n"))
    }

    @Test func oldClientsAndWholeTargets() throws {
        let old = try exchange("GET /healthz HTTP/1.0\r\n\r\n")
        #expect(old.status == 200)
        #expect(old.header("Connection") == "close")
        let whole = try exchange(
            "GET http://other.example/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(whole.text == "ok\n")
    }

    @Test func clientsThatWaitForContinue() throws {
        let connection = try service.connect()
        let head = "POST /v1/nowhere HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
        try connection.send(head + "Content-Length: 2\r\n\r\n")
        #expect(String(decoding: try connection.read(), as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("ab")
        #expect(try WireAnswer(try connection.readToEnd()).status == 404)
        // What will not be taken is refused instead.
        #expect(try exchange(head + "Content-Length: 2000000\r\n\r\n").status == 413)
        #expect(
            try exchange("POST /v1/a HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nContent-Length: 2\r\n\r\n")
                .status
                == 417)
    }

    @Test func bodiesInChunks() throws {
        let answer = try exchange(
            "POST /v1/nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                + "2\r\nab\r\n1;ext=1\r\nc\r\n0\r\nTrailer: 1\r\n\r\n")
        #expect(answer.status == 404)
    }

    /// Announced, in chunks, and of a hundred megabytes: the refusal is read, and the rest is not.
    @Test func bodiesThatAreTooLarge() throws {
        let announced = try exchange(
            "POST /v1/claimed-devices HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n")
        #expect(announced.status == 413)
        #expect(announced.message == "expected a body of at most 1048576 octets, found more")
        #expect(announced.header("Connection") == "close")
        let chunk = "10000\r\n" + String(repeating: "a", count: 65_536) + "\r\n"
        let connection = try service.connect()
        try connection.send(
            "POST /v1/claimed-devices HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<1600 { try connection.send(chunk) }
        // What came in after the limit may have cost the answer; it never costs more than the connection.
        if let answer = try? WireAnswer(try connection.readToEnd()) { #expect(answer.status == 413) }
        #expect(try service.ask("GET", "/healthz").status == 200)
    }

    /// 1,000 rows of a bulk claim are well within the limit.
    @Test func aWholeBulkClaimFits() throws {
        let body = String(repeating: String(repeating: "x", count: 259) + "\n", count: 1000)
        #expect(try service.ask("POST", "/v1/nowhere", body: body).status == 404)
    }

    @Test func headsThatAreTooLarge() throws {
        let one = try exchange(
            "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 9000) + "\r\n\r\n")
        #expect(one.status == 431)
        #expect(one.message == "expected smaller header fields, or fewer")
        let many = (0..<100).map { "X\($0): a\r\n" }.joined()
        #expect(try exchange("GET /healthz HTTP/1.1\r\nHost: x\r\n" + many + "\r\n").status == 431)
        let sum = (0..<40).map { "X\($0): \(String(repeating: "a", count: 1000))\r\n" }.joined()
        #expect(try exchange("GET /healthz HTTP/1.1\r\nHost: x\r\n" + sum + "\r\n").status == 431)
        let target = String(repeating: "a", count: 9000)
        #expect([414, 431].contains(try exchange("GET /\(target) HTTP/1.1\r\nHost: x\r\n\r\n").status))
        // A head without an end does not fill the memory either.
        let bomb = try service.connect()
        try bomb.send("GET /healthz HTTP/1.1\r\nHost: x\r\n")
        for place in 0..<20_000 { try bomb.send("X\(place): \(String(repeating: "b", count: 500))\r\n") }
        #expect(try service.ask("GET", "/healthz").status == 200)
    }

    /// Framing that another program on the way could read differently ends the connection after one refusal, and
    /// what follows is no request.
    @Test(arguments: [
        ("Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n"),
        ("Content-Length: 4\r\nContent-Length: 5", "abcde"),
        ("Content-Length: 4\r\nContent-Length: 4", "abcd"),
        ("Content-Length: 4, 4", "abcd"),
        ("Content-Length: +4", "abcd"),
        ("Content-Length: 0x4", "abcd"),
        ("Content-Length: -1", ""),
        ("Content-Length: 4 4", "abcd"),
        ("Content-Length:", "abcd"),
        ("Content-Length: 99999999999999999999999999", ""),
        ("Content-Length : 4", "abcd"),
        (" Content-Length: 4", "abcd"),
        ("Transfer-Encoding: identity", ""),
        ("Transfer-Encoding: xchunked", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
        ("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "zz\r\nab\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "-2\r\nab\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "2\nab\n0\n\n"),
        ("Transfer-Encoding: chunked", "fffffffffffffffff\r\nab"),
        ("Transfer-Encoding\u{0b}: chunked", "0\r\n\r\n"),
        ("Host: y", ""),
        ("X: a\r\n folded: b", ""),
        ("X: a\u{0}b", ""),
        (": empty", ""),
        ("X\u{0}: a", ""),
        ("Nothing", ""),
    ])
    func framingThatCouldBeReadTwoWays(_ lines: String, _ body: String) throws {
        let smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        let connection = try service.connect()
        try connection.send("POST /v1/nowhere HTTP/1.1\r\nHost: x\r\n\(lines)\r\n\r\n\(body)\(smuggled)")
        let bytes = try connection.readToEnd()
        let text = String(decoding: bytes, as: UTF8.self)
        let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
        #expect(statuses.count == 1, "\(text)")
        #expect([400, 413, 501].contains(statuses.first), "\(text)")
        #expect(try WireAnswer(bytes).header("Connection") == "close")
        #expect(try WireAnswer(bytes).message?.isEmpty == false)
    }

    @Test(arguments: [
        "\r\n\r\n\r\n\r\nGARBAGE", "GET\r\n\r\n", "GET /healthz\r\n\r\n",
        "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
        "G@T /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ])
    func whatIsNoRequest(_ text: String) throws {
        let connection = try service.connect()
        try connection.send(text)
        let answer = try WireAnswer(try connection.readToEnd())
        #expect([400, 505].contains(answer.status), "\(answer.statusLine)")
        #expect(answer.message?.isEmpty == false)
    }

    /// What would make the connection another protocol's ends it.
    @Test(arguments: [
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
        "GET /v1/nowhere HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /v1/nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    ])
    func otherProtocols(_ text: String) throws {
        let answer = try exchange(text)
        #expect([404, 405].contains(answer.status))
        #expect(answer.header("Connection") == "close")
    }

    /// A device knows five statuses and reads a head of few octets.
    @Test func refusalsForDevices() throws {
        let long = "POST /v1/provisioning/response HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n"
        let answer = try exchange(long)
        #expect(answer.statusLine == "HTTP/1.1 400 Bad Request")
        #expect(answer.headerNames == ["Content-Length", "Connection"])
        #expect(answer.headSize < 150)
        #expect(answer.body == [])
    }
}
