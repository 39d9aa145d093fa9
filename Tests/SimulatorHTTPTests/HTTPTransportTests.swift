import Diagnostics
import NIOCore
import NIOEmbedded
import NIOPosix
import Simulator
import Synchronization
import Testing

@testable import SimulatorHTTP

/// Answers the first octets of a connection with a text, and closes it or not.
private final class CannedAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let text: String
    private let closes: Bool
    private let seen: Seen
    private var isAnswered = false

    init(_ text: String, closes: Bool, seen: Seen) {
        self.text = text
        self.closes = closes
        self.seen = seen
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        seen.add(String(buffer: unwrapInboundIn(data)))
        guard !isAnswered else { return }
        isAnswered = true
        let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)))
        if closes { written.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }
}

/// What a server was asked.
private final class Seen: Sendable {
    private let value = Mutex("")

    func add(_ text: String) { value.withLock { $0 += text } }
    var text: String { value.withLock { $0 } }
}

@Suite("HTTP of devices on sockets")
struct HTTPTransportTests {
    private let query = FetchQuery(
        after: "u.1", receiveLimit: 2304, transmitLimit: 2304, firmwareVersion: "2.0.0", libraryVersion: "1",
        recordLimit: 10)

    /// What a device gets of a server that answers so.
    private func exchange(
        _ answer: String, closes: Bool = true, seen: Seen = Seen()
    ) async throws -> ServiceAnswer {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: loops).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    CannedAnswer(answer, closes: closes, seen: seen))
            }
        }.bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let transport = try HTTPTransport(to: ServiceAddress(url: "http://127.0.0.1:\(port)"), roots: nil)
        let result = await transport.exchange(.fetch(query), jwt: "a.b.c", profile: .v3_2)
        await transport.shutDown()
        try await server.close()
        try await loops.shutdownGracefully()
        return result
    }

    @Test func carriesTheRequestAsItIs() async throws {
        let seen = Seen()
        let answer = try await exchange(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\u{1}\u{2}", closes: false, seen: seen)
        #expect(answer == .content([1, 2]))
        #expect(
            seen.text.hasPrefix(
                "GET /v1/provisioning/commands?after=u.1&rxMaxSize=2304&txMaxSize=2304&mver=2.0.0&cver=1&limit=10 "
                    + "HTTP/1.1\r\nHost: 127.0.0.1:"))
        #expect(seen.text.hasSuffix("\r\nConnection: close\r\n\r\n"))
    }

    @Test(arguments: [
        ("HTTP/1.1 204 No Content\r\n\r\n", ServiceAnswer.noContent),
        ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", .unclaimed),
        ("HTTP/1.1 500 Error\r\nContent-Length: 2\r\n\r\nno", .overloaded),
        ("HTTP/1.1 200 OK\r\n\r\nabc", .content(Array("abc".utf8))),
        ("", .noAnswer("the connection was closed without an answer")),
        ("HTTP/1.1 200 OK\r\n", .malformed("the connection ended inside the head of the answer")),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
            .malformed("the connection ended inside the body of the answer")
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", .malformed("expected a status line of HTTP/1.1")),
        (String(repeating: "a", count: 3_000), .tooLarge),
    ])
    func tellsWhatBecameOfIt(_ text: String, _ answer: ServiceAnswer) async throws {
        #expect(try await exchange(text) == answer)
    }

    @Test func tellsThatNobodyListens() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: loops).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        try await server.close()
        try await loops.shutdownGracefully()
        let transport = try HTTPTransport(to: ServiceAddress(url: "http://127.0.0.1:\(port)"), roots: nil)
        #expect(
            await transport.exchange(.fetch(query), jwt: "a.b.c", profile: .v3_2)
                == .unreachable("the connection was refused"))
        await transport.shutDown()
    }

    @Test func endsWhenItsTaskIsCancelled() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: loops).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let transport = try HTTPTransport(to: ServiceAddress(url: "http://127.0.0.1:\(port)"), roots: nil)
        let query = query
        let task = Task { await transport.exchange(.fetch(query), jwt: "a.b.c", profile: .v3_2) }
        try await Task.sleep(for: .milliseconds(200))
        let start = ContinuousClock.now
        task.cancel()
        #expect(await task.value == .noAnswer("the connection was closed without an answer"))
        // Far less than the 30 seconds that an exchange may take; the rest is for a machine that is busy.
        #expect(ContinuousClock.now - start < .seconds(20))
        await transport.shutDown()
        try await server.close()
        try await loops.shutdownGracefully()
    }

    @Test func refusesRootsThatAreNone() throws {
        let address = try ServiceAddress(url: "https://localhost")
        #expect(
            throws: ToolError(.pem, "expected certificates in PEM that may vouch for the service")
        ) {
            try HTTPTransport(to: address, roots: Array("nonsense".utf8))
        }
    }

    // MARK: Records

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var octets = 0
        var tooLarge: Int?

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            octets += unwrapInboundIn(data).readableBytes
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            tooLarge = (error as? RecordSizeHandler.TooLarge)?.size
        }
    }

    private func record(_ length: Int) -> [UInt8] {
        [0x17, 3, 3, UInt8(length >> 8), UInt8(length & 0xff)] + [UInt8](repeating: 0, count: length)
    }

    @Test(arguments: [1, 7, 4_096])
    func letsRecordsThroughThatTheModemTakes(_ piece: Int) throws {
        let collector = Collector()
        let channel = EmbeddedChannel(handlers: [RecordSizeHandler(), collector])
        let octets = record(10) + record(2_112) + record(0) + record(1_024)
        for start in stride(from: 0, to: octets.count, by: piece) {
            try channel.writeInbound(ByteBuffer(bytes: octets[start..<min(start + piece, octets.count)]))
        }
        #expect(collector.octets == octets.count)
        #expect(collector.tooLarge == nil)
        try channel.writeInbound(ByteBuffer(bytes: record(2_113).prefix(5)))
        #expect(collector.tooLarge == 2_113)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
