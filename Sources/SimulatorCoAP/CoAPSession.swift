import CoAP
import DTLS
import NIOCore
import NIOPosix
import Simulator

/// A DTLS session of a device with the service, over a socket of its own.
struct CoAPSession: Sendable {
    /// What became of a request.
    enum Outcome: Sendable, Equatable {
        case answered(ClientOutcome)
        /// The session is no more.
        case broken(String)
    }

    /// Seconds within which a session has to stand.
    static let connectTimeout = TimeAmount.seconds(30)

    private let channel: any Channel
    private let handler: NIOLoopBound<SessionHandler>

    /// A session that stands, or what the client makes of it that none does.
    static func open(
        _ transport: CoAPTransport, _ settings: ClientSettings, resuming former: DTLSClientSession?
    ) async -> Result<CoAPSession, CoAPFault> {
        let address = transport.address
        let isNumeric = (try? SocketAddress(ipAddress: address.host, port: address.port)) != nil
        let name: DTLSServerName = isNumeric ? .address(address.host) : .host(address.host)
        let loop = transport.loops.next()
        let endpoint = ClientEndpoint(seed: transport.makeSeed(), settings: settings)
        let (context, meter) = (transport.context, transport.meter)
        let opened = loop.makePromise(of: CoAPFault?.self)
        let bootstrap = DatagramBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let client = try DTLSClient(context, to: name, resuming: former)
                try channel.pipeline.syncOperations.addHandler(
                    SessionHandler(client, endpoint, meter, opened: opened))
            }
        }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: address.host, port: address.port).get()
        } catch {
            // A promise that nobody keeps would be a fault.
            opened.succeed(CoAPFault(error))
            return .failure(CoAPFault(error))
        }
        do {
            let handler = try await loop.submit {
                let handler = try channel.pipeline.syncOperations.handler(type: SessionHandler.self)
                handler.start()
                return NIOLoopBound(handler, eventLoop: loop)
            }.get()
            let session = CoAPSession(channel: channel, handler: handler)
            let fault = await withTaskCancellationHandler {
                (try? await opened.futureResult.get()) ?? nil
            } onCancel: {
                channel.close(promise: nil)
            }
            return fault.map { .failure($0) } ?? .success(session)
        } catch {
            opened.succeed(CoAPFault(error))
            channel.close(promise: nil)
            return .failure(CoAPFault(error))
        }
    }

    func ask(_ request: ClientRequest) async -> Outcome {
        let (channel, handler) = (channel, handler)
        let answer = channel.eventLoop.makePromise(of: Outcome.self)
        channel.eventLoop.execute { handler.value.ask(request, answer) }
        return await withTaskCancellationHandler {
            (try? await answer.futureResult.get()) ?? .broken("the session broke")
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// What a later session may resume.
    func resumable() async -> DTLSClientSession? {
        let handler = handler
        return try? await channel.eventLoop.submit { handler.value.resumable }.get()
    }

    /// Ends it and tells the service.
    func close() async {
        let handler = handler
        try? await channel.eventLoop.submit { handler.value.end() }.get()
        try? await channel.close()
    }

    /// Leaves it without a word, as a socket that nobody reads any more.
    func abandon() async { try? await channel.close() }
}

/// Why no session stands.
struct CoAPFault: Error, Sendable, Equatable {
    let answer: ServiceAnswer

    init(answer: ServiceAnswer) { self.answer = answer }

    init(_ error: any Error) {
        guard let error = error as? IOError else {
            answer = .noAnswer("cannot connect")
            return
        }
        // Of Linux; this module sees no C library.
        answer =
            error.errnoCode == 111
            ? .unreachable("the connection was refused")
            : .noAnswer("the connection broke (errno \(error.errnoCode))")
    }
}
