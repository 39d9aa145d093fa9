import Foundation
import Testing

/// Clients that take their time.
@Suite(.serialized) struct PatienceTests {
    let service: RunningService

    init() throws { service = try RunningService(["--request-timeout", "1", "--max-connections", "4"]) }

    /// Seconds until the service closes; each half second another octet is sent.
    private func life(of connection: RawConnection, dripping text: String) throws -> (TimeInterval, [UInt8]) {
        let start = Date()
        let ended = DispatchSemaphore(value: 0)
        let box = Octets()
        Thread.detachNewThread {
            box.set((try? connection.readToEnd()) ?? [])
            ended.signal()
        }
        for octet in text.utf8 {
            if ended.wait(timeout: .now() + 0.4) == .success {
                return (Date().timeIntervalSince(start), box.get())
            }
            try connection.send([octet])
        }
        _ = ended.wait(timeout: .now() + 20)
        return (Date().timeIntervalSince(start), box.get())
    }

    private final class Octets: @unchecked Sendable {
        private let lock = NSLock()
        private var octets: [UInt8] = []
        func set(_ new: [UInt8]) { lock.withLock { octets = new } }
        func get() -> [UInt8] { lock.withLock { octets } }
    }

    @Test func aHeadThatNeverEnds() throws {
        let (time, bytes) = try life(of: service.connect(), dripping: "GET /healthz HTTP/1.1\r\nHost: x\r\n")
        #expect(0.8...5 ~= time)
        #expect(bytes == [])
    }

    @Test func aBodyThatNeverEnds() throws {
        let connection = try service.connect()
        try connection.send("POST /v1/nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        let (time, bytes) = try life(of: connection, dripping: String(repeating: "a", count: 50))
        #expect(0.8...6 ~= time)
        let answer = try WireAnswer(bytes)
        #expect(answer.status == 408)
        #expect(answer.message == "expected the rest of the request in time")
    }

    @Test func nothingAtAll() throws {
        let (time, bytes) = try life(of: service.connect(), dripping: "")
        #expect(0.8...5 ~= time)
        #expect(bytes == [])
    }

    @Test func idleBetweenRequests() throws {
        let connection = try service.connect()
        try connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try connection.readAnswer().status == 200)
        let (time, bytes) = try life(of: connection, dripping: "")
        #expect(0.8...5 ~= time)
        #expect(bytes == [])
    }

    /// Who asks and asks and never reads gets no more than the buffers hold.
    @Test func askingWithoutReading() throws {
        let connection = try service.connect()
        let request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
        // More than the system's buffers hold: the service stops reading, waits its second, and closes.
        let many = String(repeating: request, count: 100)
        for _ in 0..<1000 { try connection.send(many) }
        let end = Date().addingTimeInterval(15)
        var text = ""
        repeat {
            Thread.sleep(forTimeInterval: 0.2)
            text = try service.ask("GET", "/metrics").text
        } while !text.contains("\nassayd_http_connections 1\n") && Date() < end
        #expect(text.contains("\nassayd_http_connections 1\n"), "\(text)")
        #expect(text.contains("\nassayd_http_timeouts_total 1\n"), "\(text)")
        withExtendedLifetime(connection) {}
    }

    /// Connections beyond the limit wait until others go, and lose nothing.
    @Test func moreThanMayConnect() throws {
        let held = try (0..<4).map { _ in try service.connect() }
        let late = try service.connect()
        try late.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(try WireAnswer(try late.readToEnd()).status == 200)
        withExtendedLifetime(held) {}
    }
}
