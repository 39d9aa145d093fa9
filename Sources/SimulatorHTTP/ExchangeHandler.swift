import NIOCore
import NIOSSL
import NIOTLS
import Simulator

/// One request and its answer on a connection of their own.
final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: DeviceRequest
    private let text: [UInt8]
    private var reader: HTTPResponseReader
    private var isShaken: Bool
    private let answer: EventLoopPromise<ServiceAnswer>
    private var isAnswered = false
    private var limit: Scheduled<Void>?

    /// - Parameter isSecure: whether a handshake comes first.
    init(
        _ request: DeviceRequest, _ text: [UInt8], buffer: Int, isSecure: Bool,
        answer: EventLoopPromise<ServiceAnswer>
    ) {
        self.request = request
        self.text = text
        reader = HTTPResponseReader(buffer: buffer)
        isShaken = !isSecure
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        limit = context.eventLoop.scheduleTask(in: HTTPTransport.timeout) {
            let (handler, context) = bound.value
            handler.finish(.noAnswer("no answer within 30 s"), context)
        }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: text)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(reader.add(unwrapInboundIn(data).readableBytesView), context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { isShaken = true }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if reader.isEmpty {
            finish(.noAnswer("the connection was closed without an answer"), context)
        } else {
            take(reader.end(), context)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? RecordSizeHandler.TooLarge {
            finish(
                .malformed("expected TLS records that the modem takes, found one of \(error.size) octets"),
                context)
        } else if !isShaken {
            finish(.unreachable("the TLS handshake failed"), context)
        } else if case .uncleanShutdown? = error as? NIOSSLError, !reader.isEmpty {
            take(reader.end(), context)
        } else {
            finish(ConnectionFault.answer(to: error), context)
        }
    }

    // MARK: The end

    private func take(_ progress: HTTPResponseReader.Progress, _ context: ChannelHandlerContext) {
        switch progress {
        case .incomplete: return
        case .complete(let response): finish(response.meaning(for: request), context)
        case .tooLarge: finish(.tooLarge, context)
        case .malformed(let reason): finish(.malformed(reason), context)
        }
    }

    private func finish(_ meaning: ServiceAnswer, _ context: ChannelHandlerContext) {
        guard !isAnswered else { return }
        isAnswered = true
        limit?.cancel()
        answer.succeed(meaning)
        context.close(promise: nil)
    }
}
