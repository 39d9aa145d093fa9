package import Diagnostics
import HummingbirdCore
import InputOutput
import Logging
import NIOCore
import NIOPosix
package import ServerSupport
package import Service

/// The Provisioning Service on a socket: the wire to the service and back, and nothing else.
package struct HTTPServer: Sendable {
    private let address: ListenAddress
    private let isSecure: Bool
    private let shared: ServerContext
    private let log: ServiceLog

    /// - Parameters:
    ///   - tls: nil for plain HTTP.
    ///   - dispatcher: the queue before the service's threads; whoever has it ends it.
    ///   - faults: what happens to operators' requests in a rehearsal; nil for nothing.
    package init(
        _ service: ProvisioningService, on address: ListenAddress, tls: ServerTLS?,
        limits: HTTPLimits = HTTPLimits(), dispatcher: Dispatcher, log: ServiceLog, faults: FaultPlan? = nil
    ) {
        self.address = address
        isSecure = tls != nil
        self.log = log
        shared = ServerContext(
            service: service, limits: limits, log: log, tls: tls, dispatcher: dispatcher,
            faults: faults)
    }

    private enum Event: Sendable {
        case listening
        case ended(ToolError?)
        case stopRequested
        case graceOver
    }

    /// Serves until it is told to stop; then no connection is accepted any more, and what is being worked on is answered.
    ///
    /// - Parameters:
    ///   - onListening: called with the URL as soon as connections are accepted.
    ///   - stop: returns when the service should stop.
    /// - Returns: whether all that was worked on was answered in time.
    /// - Throws: ``ToolError`` with `io` when the address cannot be had, or the server ended by itself.
    package func run(
        onListening: @escaping @Sendable (String) -> Void, until stop: @escaping @Sendable () async -> Void
    ) async throws(ToolError) -> Bool {
        // What the library has to say is said by this module's own log.
        let silent = Logger(label: "assayd") { _ in SwiftLogNoOpLogHandler() }
        let (events, sender) = AsyncStream.makeStream(of: Event.self)
        let address = address
        let scheme = isSecure ? "https" : "http"
        let server = Server(
            childChannelSetup: ConnectionChannel(shared: shared),
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    shared.limits.connections, logger: silent)),
            onServerRunning: { channel in
                onListening(
                    address.url(scheme: scheme, port: channel.localAddress?.port ?? address.port))
                sender.yield(.listening)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup(
                numberOfThreads: min(InputOutput.System.coreCount, 8)),
            logger: silent)

        Task {
            do {
                try await server.run()
                sender.yield(.ended(nil))
            } catch {
                let place = address.url(scheme: "tcp", port: address.port)
                sender.yield(.ended(.cannotListen(error, at: place)))
            }
        }
        Task {
            await stop()
            sender.yield(.stopRequested)
        }
        var isListening = false
        var isStopping = false
        for await event in events {
            switch event {
            case .ended(let error):
                if let error { throw error }
                guard isStopping else { throw ToolError(.io, "the server stopped accepting connections") }
                return true
            case .listening:
                isListening = true
                if isStopping { stopAccepting(server, sender) }
            case .stopRequested:
                isStopping = true
                // The library cannot be stopped while it starts.
                if isListening { stopAccepting(server, sender) }
            case .graceOver:
                log.note("requests-cut", ["requests": "\(shared.dispatcher.count)"], level: .warning)
                return false
            }
        }
        return false
    }

    /// Lets no connection in any more, and gives those that are there their time to end.
    private func stopAccepting<Channel: ServerChildChannel>(
        _ server: Server<Channel>, _ sender: AsyncStream<Event>.Continuation
    ) {
        log.metrics.stop()
        log.note("stopping", ["requests": "\(shared.dispatcher.count)"])
        let grace = shared.limits.grace
        Task { try? await server.shutdownGracefully() }
        Task {
            try? await Task.sleep(for: .nanoseconds(grace.nanoseconds))
            sender.yield(.graceOver)
        }
    }
}
