package import DTLS
package import Diagnostics
import InputOutput
import NIOCore
import NIOPosix
import OpenSSL
package import ServerSupport
package import Service

/// The Provisioning Service on a datagram socket: CoAP over DTLS to the service and back, and nothing else.
package final class CoAPServer: Sendable {
    /// Where it listens, as `coaps://127.0.0.1:41232`.
    package let url: String
    private let loop: any EventLoop
    private let group: MultiThreadedEventLoopGroup
    private let conversations: NIOLoopBound<Conversations>
    private let state: NIOLoopBoundBox<SocketState>
    private let address: SocketAddress
    private let limits: CoAPLimits
    private let log: ServiceLog

    private struct SocketState {
        var channel: (any Channel)?
        var isStopping = false
        /// When the grace is over, in nanoseconds; nil before the service was asked to stop.
        var graceEnd: UInt64?
    }

    /// Serves as soon as it returns.
    ///
    /// - Parameter dispatcher: the queue before the service's threads; whoever has it ends it.
    /// - Throws: ``ToolError`` with `io` when the address cannot be had, `pem` where the certificate is of no use.
    package static func start(
        _ service: ProvisioningService, on address: ListenAddress, material: TLSMaterial,
        limits: CoAPLimits = CoAPLimits(), dispatcher: Dispatcher, log: ServiceLog
    ) async throws(ToolError) -> CoAPServer {
        let context = try context(material)
        let secret: [UInt8]
        do { secret = try RandomBytes.make(32) } catch {
            throw ToolError(.internalFault, "found no randomness for cookies")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let wanted = try SocketAddress(ipAddress: address.host, port: address.port)
            let conversations = try await loop.submit {
                var dtls = DTLSServer.Limits()
                dtls.sessions = limits.sessions
                dtls.idle = limits.idle * 1_000_000_000
                dtls.stranger = limits.stranger * 1_000_000_000
                let all = Conversations(
                    service,
                    DTLSServer(context, limits: dtls, secret: secret, network: PeerAddress.network),
                    dispatcher: dispatcher, log: log, on: loop)
                return NIOLoopBound(all, eventLoop: loop)
            }.get()
            let state = NIOLoopBoundBox<SocketState>.makeBoxSendingValue(SocketState(), eventLoop: loop)
            let channel = try await bootstrap(loop).bind(to: wanted).get()
            // With the port that the system chose.
            let bound = try SocketAddress(
                ipAddress: address.host, port: channel.localAddress?.port ?? address.port)
            let server = CoAPServer(
                url: address.url(scheme: "coaps", port: bound.port ?? address.port), group, loop,
                conversations,
                state, bound, limits, log)
            try await loop.submit { try server.attend(channel) }.get()
            await server.enlargeBuffer(of: channel)
            return server
        } catch {
            try? await group.shutdownGracefully()
            throw failure(error, address)
        }
    }

    private init(
        url: String, _ group: MultiThreadedEventLoopGroup, _ loop: any EventLoop,
        _ conversations: NIOLoopBound<Conversations>, _ state: NIOLoopBoundBox<SocketState>,
        _ address: SocketAddress, _ limits: CoAPLimits, _ log: ServiceLog
    ) {
        self.url = url
        self.group = group
        self.loop = loop
        self.conversations = conversations
        self.state = state
        self.address = address
        self.limits = limits
        self.log = log
    }

    // MARK: The certificate

    /// - Throws: ``ToolError`` with `pem` for what the modem or the library does not take.
    package static func context(_ material: TLSMaterial) throws(ToolError) -> DTLSServerContext {
        guard P256PublicKey(spki: material.key.publicKey.spki[...]) != nil else {
            throw ToolError(
                .pem, "expected a P-256 key in the certificate for CoAP, found another kind of key",
                hint: "modems of every release take ECDSA on P-256")
        }
        do {
            return try DTLSServerContext(chain: material.chain, key: try material.key.pemUnencrypted())
        } catch {
            throw TLSMaterial.refusal("the certificate and key cannot be used for CoAP: \(error)")
        }
    }

    /// Shows another certificate to those who connect from now on.
    package func use(_ context: DTLSServerContext) {
        let conversations = conversations
        loop.execute { conversations.value.use(context) }
    }

    // MARK: The socket

    private static func bootstrap(_ loop: any EventLoop) -> DatagramBootstrap {
        let messages = 16
        return DatagramBootstrap(group: loop)
            .channelOption(.datagramVectorReadMessageCount, value: messages)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: messages * CoAPLimits.datagram)
            )
            .channelOption(.autoRead, value: false)
    }

    /// Lets the socket speak; on the event loop.
    private func attend(_ channel: any Channel) throws {
        let handler = DatagramHandler(conversations.value) { self.socketEnded() }
        try channel.pipeline.syncOperations.addHandler(handler)
        state.value.channel = channel
        _ = channel.setOption(.autoRead, value: true)
    }

    /// A socket may end by an error of one peer's making; the sessions live on at a new one with the same port.
    private func socketEnded() {
        state.value.channel = nil
        guard !state.value.isStopping else { return }
        log.note("coap-socket-lost", level: .error)
        let address = address
        loop.scheduleTask(in: .milliseconds(100)) {
            Self.bootstrap(self.loop).bind(to: address).whenComplete { result in
                guard !self.state.value.isStopping else {
                    if case .success(let channel) = result { channel.close(promise: nil) }
                    return
                }
                do { try self.attend(try result.get()) } catch { self.socketEnded() }
            }
        }
    }

    /// Asks for room for a herd; what the system grants to whoever is not root is said where it is little.
    private func enlargeBuffer(of channel: any Channel) async {
        let size = CoAPLimits.receiveBuffer
        // Beyond net.core.rmem_max, for those who may.
        let forced = ChannelOptions.Types.SocketOption(level: .socket, name: .init(rawValue: 33))
        if (try? await channel.setOption(forced, value: size).get()) == nil {
            try? await channel.setOption(.socketOption(.so_rcvbuf), value: size).get()
        }
        let granted = (try? await channel.getOption(.socketOption(.so_rcvbuf)).get()) ?? 0
        if granted < size {
            log.note("coap-receive-buffer", ["octets": "\(granted)", "wanted": "\(size)"], level: .warning)
        }
    }

    // MARK: The end

    /// Takes no request any more: devices are told to come again.
    package func stopAccepting() {
        let (conversations, state) = (conversations, state)
        let end = System.monotonicNanoseconds() + limits.grace * 1_000_000_000
        loop.execute {
            conversations.value.stop()
            state.value.graceEnd = state.value.graceEnd ?? end
        }
    }

    /// Waits for what is being worked on, within the grace, and ends all sessions.
    ///
    /// - Returns: whether all that was worked on was answered in time.
    package func stop() async -> Bool {
        stopAccepting()
        let (conversations, state) = (conversations, state)
        var open = 0
        while true {
            let (count, end) =
                (try? await loop.submit { (conversations.value.openRequests, state.value.graceEnd ?? 0) }
                    .get())
                ?? (0, 0)
            open = count
            guard open > 0, System.monotonicNanoseconds() < end else { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        try? await loop.flatSubmit { [loop] () -> EventLoopFuture<Void> in
            state.value.isStopping = true
            conversations.value.close()
            conversations.value.didWork()
            return state.value.channel?.close() ?? loop.makeSucceededVoidFuture()
        }.get()
        guard open == 0 else {
            // What was cut still comes back to the event loop, which ends with the process.
            log.note("requests-cut", ["requests": "\(open)"], level: .warning)
            return false
        }
        try? await group.shutdownGracefully()
        return true
    }

    private static func failure(_ error: any Error, _ address: ListenAddress) -> ToolError {
        if let error = error as? ToolError { return error }
        return .cannotListen(error, at: address.url(scheme: "udp", port: address.port))
    }
}
