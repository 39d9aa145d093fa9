import Diagnostics
import Simulator
import Testing

@Suite("HTTP as the device writes and reads it")
struct HTTPTextTests {
    // MARK: Addresses

    @Test(arguments: [
        ("http://127.0.0.1:41231", "127.0.0.1", 41_231, false, "127.0.0.1:41231"),
        ("http://localhost/", "localhost", 80, false, "localhost"),
        ("https://p.nrfcloud.com", "p.nrfcloud.com", 443, true, "p.nrfcloud.com"),
        ("HTTPS://host:443/", "host", 443, true, "host"),
        ("https://[::1]:8443", "::1", 8443, true, "[::1]:8443"),
    ])
    func reads(_ url: String, _ host: String, _ port: Int, _ isSecure: Bool, _ authority: String) throws {
        let address = try ServiceAddress(url: url)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isSecure == isSecure)
        #expect(address.authority == authority)
    }

    @Test(arguments: [
        "", "ftp://host", "http://", "http://host:0", "http://host:65536", "http://host:+1", "http://host:",
        "http://host/v1", "http://user@host", "http://ho st", "http://[::1", "http://[host]", "http://host?x",
        "http://host#x", "http://a\r\nX: y",
    ])
    func refuses(_ url: String) {
        #expect(throws: ToolError.self) { try ServiceAddress(url: url) }
    }

    // MARK: Requests

    @Test func writesAFetch() throws {
        let query = FetchQuery(
            after: "u.1", receiveLimit: 2304, transmitLimit: 2048, firmwareVersion: "mfw_nrf91x1_2.0.2",
            libraryVersion: "3.2.0", recordLimit: 10)
        let text = HTTPRequestText.bytes(
            .fetch(query), to: try ServiceAddress(url: "http://127.0.0.1:8080"), jwt: "a.b.c",
            userAgent: "Zephyr/4.2 (build board)")
        #expect(
            String(decoding: text, as: UTF8.self) == """
                GET /v1/provisioning/commands?after=u.1&rxMaxSize=2304&txMaxSize=2048&mver=mfw_nrf91x1_2.0.2\
                &cver=3.2.0&limit=10 HTTP/1.1\r
                Host: 127.0.0.1:8080\r
                Accept: application/cbor\r
                Authorization: Bearer a.b.c\r
                Content-Type: */*\r
                User-Agent: Zephyr/4.2 (build board)\r
                Connection: close\r
                \r

                """)
    }

    @Test func writesAFetchOfAnOlderRelease() throws {
        let query = FetchQuery(
            after: "", receiveLimit: 1, transmitLimit: 2, firmwareVersion: "2.0.0", libraryVersion: "1",
            recordLimit: nil)
        let text = HTTPRequestText.bytes(
            .fetch(query), to: try ServiceAddress(url: "http://h"), jwt: "a.b.c", userAgent: "Zephyr/3.5")
        #expect(
            String(decoding: text, as: UTF8.self).hasPrefix(
                "GET /v1/provisioning/commands?after=&rxMaxSize=1&txMaxSize=2&mver=2.0.0&cver=1 HTTP/1.1\r\n")
        )
    }

    @Test func writesAReport() throws {
        let text = HTTPRequestText.bytes(
            .report([0x81, 0x00]), to: try ServiceAddress(url: "https://h"), jwt: "a.b.c",
            userAgent: "Zephyr/4.2")
        let head = """
            POST /v1/provisioning/response HTTP/1.1\r
            Host: h\r
            Content-Type: application/cbor\r
            Accept: */*\r
            Authorization: Bearer a.b.c\r
            User-Agent: Zephyr/4.2\r
            Connection: close\r
            Content-Length: 2\r
            \r

            """
        #expect(text == Array(head.utf8) + [0x81, 0x00])
    }

    // MARK: Answers

    private func read(
        _ text: String, buffer: Int = 200, isAtEnd: Bool = false
    ) -> HTTPResponseReader.Progress {
        var reader = HTTPResponseReader(buffer: buffer)
        let progress = reader.add(text.utf8)
        return isAtEnd ? reader.end() : progress
    }

    private func complete(_ status: Int, _ body: String) -> HTTPResponseReader.Progress {
        .complete(HTTPResponse(status: status, body: Array(body.utf8)))
    }

    @Test func readsAnAnswer() {
        let text = "HTTP/1.1 200 OK\r\nContent-Type: application/cbor\r\ncontent-length:  3 \r\n\r\nabc"
        #expect(read(text) == complete(200, "abc"))
        #expect(read(text + "more") == complete(200, "abc"))
        // In pieces of one octet.
        var reader = HTTPResponseReader(buffer: 200)
        var progress = HTTPResponseReader.Progress.incomplete
        for octet in text.utf8 {
            #expect(progress == .incomplete)
            progress = reader.add(CollectionOfOne(octet))
        }
        #expect(progress == complete(200, "abc"))
    }

    @Test func readsAnswersWithoutABody() {
        #expect(read("HTTP/1.1 204 No Content\r\n\r\n") == complete(204, ""))
        #expect(read("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n") == complete(204, ""))
        #expect(read("HTTP/1.0 401 x\r\nContent-Length: 0\r\n\r\n") == complete(401, ""))
    }

    @Test func readsToTheEndWithoutALength() {
        let text = "HTTP/1.1 200 OK\r\n\r\nabc"
        #expect(read(text) == .incomplete)
        #expect(read(text, isAtEnd: true) == complete(200, "abc"))
    }

    /// One octet of the buffer is for a NUL.
    @Test func boundsAnAnswerByItsBuffer() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
        let size = text.utf8.count
        #expect(read(text, buffer: size + 1) == complete(200, "abc"))
        #expect(read(text, buffer: size) == .tooLarge)
        #expect(read("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n") == .tooLarge)
        #expect(read(String(repeating: "a", count: 1_000)) == .tooLarge)
        #expect(read("", buffer: -1) == .incomplete)
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func refusesWhatIsNoAnswer(_ text: String) {
        guard case .malformed = read(text) else {
            Issue.record("expected no answer, found \(read(text))")
            return
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
    ])
    func waitsForTheRest(_ text: String) {
        #expect(read(text) == .incomplete)
        guard case .malformed = read(text, isAtEnd: true) else {
            Issue.record("expected a broken answer")
            return
        }
    }

    /// The library's own fault: the body begins with the size of the first chunk.
    @Test func spoilsAChunkedAnswer() {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        #expect(read(text) == complete(200, "3\r\nab"))
    }

    @Test(arguments: [
        (200, ServiceAnswer.content([1]), ServiceAnswer.accepted), (204, .noContent, .noContent),
        (400, .badRequest, .badRequest), (401, .unclaimed, .unclaimed), (403, .forbidden, .forbidden),
        (415, .wrongFormat, .wrongFormat), (500, .overloaded, .overloaded),
        (201, .unexpected("201"), .unexpected("201")), (404, .unexpected("404"), .unexpected("404")),
        (429, .unexpected("429"), .unexpected("429")), (503, .unexpected("503"), .unexpected("503")),
        (302, .unexpected("302"), .unexpected("302")),
    ])
    func meansWhatTheLibraryMakesOfIt(_ status: Int, _ fetched: ServiceAnswer, _ reported: ServiceAnswer) {
        let query = FetchQuery(
            after: "", receiveLimit: 1, transmitLimit: 2, firmwareVersion: "2.0.0", libraryVersion: "1",
            recordLimit: nil)
        let response = HTTPResponse(status: status, body: [1])
        #expect(response.meaning(for: .fetch(query)) == fetched)
        #expect(response.meaning(for: .report([])) == reported)
    }

    /// Whatever comes, the reader says the same of it in one piece and in two, and never traps.
    @Test func readsMutationsAlikeInAnyPieces() {
        let texts = [
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ]
        for text in texts.map({ Array($0.utf8) }) {
            for place in text.indices {
                for bit in 0..<8 {
                    var changed = text
                    changed[place] ^= 1 << UInt8(bit)
                    var whole = HTTPResponseReader(buffer: 200)
                    var halves = HTTPResponseReader(buffer: 200)
                    let first = halves.add(changed[..<place])
                    let second = first == .incomplete ? halves.add(changed[place...]) : first
                    #expect(whole.add(changed) == second)
                }
            }
        }
    }
}
