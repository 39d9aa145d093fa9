import Diagnostics
import InputOutput
import JSON
import NIOPosix
import PKIX
import Synchronization

/// One JSON object a line on standard error. No header, no query and no body is ever part of one.
package final class ServiceLog: Sendable {
    package enum Level: String, Sendable { case info, warning, error }

    /// Lines that may wait for whoever reads standard error; more are dropped, and counted.
    private static let bound = 10_000

    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Atomic<Int>(0)
    package let metrics = ServerMetrics()

    package init() { thread.start() }

    /// An event with its facts, in this order.
    package func note(
        _ event: String, _ facts: KeyValuePairs<String, String> = [:], level: Level = .info
    ) {
        var writer = begin(level, event)
        for (name, value) in facts {
            writer.member(name, value)
        }
        put(&writer)
    }

    package struct RequestLine: Sendable {
        let peer: String
        let method: String
        let path: String
        let outcome: Outcome
        let microseconds: UInt64
        let received: Int
        let sent: Int

        /// - Parameters:
        ///   - received: octets of the body that came.
        ///   - sent: octets of the body that went.
        package init(
            peer: String, method: String, path: String, outcome: Outcome, microseconds: UInt64, received: Int,
            sent: Int
        ) {
            self.peer = peer
            self.method = method
            self.path = path
            self.outcome = outcome
            self.microseconds = microseconds
            self.received = received
            self.sent = sent
        }
    }

    /// What was answered, in the words of the transport.
    package enum Outcome: Sendable {
        /// HTTP's status.
        case status(Int)
        /// CoAP's code, as `2.05`.
        case code(String)

        fileprivate var isFault: Bool {
            switch self {
            case .status(let status): status >= 500
            case .code(let code): code.hasPrefix("5")
            }
        }
    }

    package func request(_ line: RequestLine) {
        var writer = begin(line.outcome.isFault ? .error : .info, "request")
        writer.member("peer", line.peer)
        writer.member("method", String(line.method.prefix(20)))
        writer.key("path")
        // A path is chosen by whoever asks, and a credential may stand in it by mistake.
        writer.string(CredentialShape.isIn(line.path) ? "(withheld)" : String(line.path.prefix(200)))
        switch line.outcome {
        case .status(let status):
            writer.member("status", Int64(status))
        case .code(let code):
            writer.member("code", code)
        }
        writer.member("microseconds", line.microseconds)
        writer.member("received", Int64(line.received))
        writer.member("sent", Int64(line.sent))
        put(&writer)
    }

    /// Writes what waits, and nothing after it.
    package func close() async { try? await thread.shutdownGracefully() }

    private func begin(_ level: Level, _ event: String) -> JSONWriter {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", "assayd.log/1")
        writer.member("time", InternetTime.text(System.now()))
        writer.member("level", level.rawValue)
        writer.member("event", event)
        return writer
    }

    private func put(_ writer: inout JSONWriter) {
        writer.endObject()
        writer.newline()
        let bytes = writer.bytes
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.bound else {
            waiting.subtract(1, ordering: .relaxed)
            metrics.lostLogLine()
            return
        }
        // Also when the thread is to end: a line that waits is still written.
        thread.submit { _ in
            self.waiting.subtract(1, ordering: .relaxed)
            // When standard error cannot be written there is nobody left to tell.
            try? StandardStream.error().write(bytes)
        }
    }
}
