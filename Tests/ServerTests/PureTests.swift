import Diagnostics
import NIOCore
import NIOHTTP1
import NIOPosix
import Service
import Testing

@testable import ServerHTTP
import ServerSupport

/// What needs no socket.
@Suite struct PureTests {
    @Test(
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1", 8080, true, "http://127.0.0.1:9"),
            ("localhost:0", "127.0.0.1", 0, true, "http://127.0.0.1:9"),
            ("127.9.9.9:1", "127.9.9.9", 1, true, "http://127.9.9.9:9"),
            ("[::1]:8443", "::1", 8443, true, "http://[::1]:9"),
            ("0.0.0.0:443", "0.0.0.0", 443, false, "http://0.0.0.0:9"),
            ("[::]:443", "::", 443, false, "http://[::]:9"),
            ("192.0.2.7:65535", "192.0.2.7", 65535, false, "http://192.0.2.7:9"),
        ] as [(String, String, Int, Bool, String)])
    func addresses(_ text: String, _ host: String, _ port: Int, _ isLoopback: Bool, _ url: String) throws {
        let address = try ListenAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
        #expect(address.url(scheme: "http", port: 9) == url)
    }

    @Test(arguments: [
        "", ":", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8o",
        "::1:80",
        "[127.0.0.1]:80", "[::1]", "[::1:80", "example.com:80", "127.1:80", "0x7f.0.0.1:80",
    ])
    func noAddresses(_ text: String) {
        #expect(throws: ToolError.self) { try ListenAddress(text) }
    }

    /// The examples of RFC 9110, and days of each kind.
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"), (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
        ] as [(Int64, String)])
    func dates(_ seconds: Int64, _ text: String) { #expect(HTTPDate.text(seconds) == text) }

    /// Whose request needs no key for the metrics.
    @Test(
        arguments: [
            ("127.0.0.1", nil, true), ("127.8.8.8", nil, true), ("::1", nil, true),
            ("::ffff:127.0.0.1", nil, true), ("192.0.2.1", nil, false), ("::ffff:192.0.2.1", nil, false),
            ("1127.0.0.1", nil, false), ("fe80::1", nil, false), (nil, nil, false),
            ("127.0.0.1", "X-Real-IP", false), ("::1", "FORWARDED", false), ("::1", "Accept", true),
        ] as [(String?, String?, Bool)])
    func requestsOfThisMachine(_ peer: String?, _ header: String?, _ isLocal: Bool) {
        let request = ServiceRequest(
            method: "GET", path: "/metrics", headers: header.map { [(name: $0, value: "x")] } ?? [])
        #expect(OperationalPage.isLocal(request, peer: peer) == isLocal)
    }

    private func describe(_ parts: [HTTPServerResponsePart]) -> [String] {
        parts.map { part in
            switch part {
            case .head(let head):
                "\(head.status.code) " + head.headers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            case .body(.byteBuffer(let buffer)): "\(buffer.readableBytes)"
            default: "other"
            }
        }
    }

    /// A device's answer leaves in pieces of which each fits a small TLS record.
    @Test func answersForDevices() {
        let batch = ServiceResponse(
            status: 200, contentType: "application/cbor", body: [UInt8](repeating: 1, count: 2300))
        #expect(
            describe(AnswerWriter.parts(of: batch, to: .device, isHead: false, isLast: true)) == [
                "200 Content-Type=application/cbor,Content-Length=2300,Connection=close", "1000", "1000",
                "300",
            ])
        let none = ServiceResponse(status: 204, contentType: "application/cbor")
        #expect(
            describe(AnswerWriter.parts(of: none, to: .device, isHead: false, isLast: true)) == [
                "204 Connection=close"
            ])
        let refusal = ServiceResponse(status: 401)
        #expect(
            describe(AnswerWriter.parts(of: refusal, to: .device, isHead: false, isLast: false)) == [
                "401 Content-Length=0"
            ])
    }

    @Test func overload() {
        #expect(TransportProblem.overload(.device).status == 500)
        #expect(TransportProblem.overload(.device).body == [])
        let answer = TransportProblem.overload(.operator)
        #expect(answer.status == 503)
        #expect(answer.headers.map(\.name) == ["Retry-After"])
    }

    /// The queue refuses operators first and reports last.
    @Test func queue() async throws {
        let group = NIOSingletons.posixEventLoopGroup
        let dispatcher = Dispatcher()
        let gate = Gate()
        var accepted: [EventLoopFuture<ServiceResponse>] = []
        func fill(_ urgency: Dispatcher.Urgency) -> Int {
            var count = 0
            while let future = dispatcher.submit(urgency, on: group.any(), { gate.wait() }) {
                accepted.append(future)
                count += 1
            }
            return count
        }
        #expect(fill(.operator) == 256)
        #expect(fill(.fetch) == 512 - 256)
        #expect(fill(.report) == 1024 - 512)
        #expect(fill(.operator) == 0)
        gate.open()
        for future in accepted { #expect(try await future.get().status == 204) }
        #expect(dispatcher.count == 0)
        await dispatcher.shutdown()
    }

    @Test func bodiesTogether() {
        let budget = BodyBudget()
        #expect(budget.reserve(HTTPLimits.heldBodies))
        #expect(!budget.reserve(1))
        budget.release(1)
        #expect(budget.reserve(1))
    }
}
