import NIOCore
import NIOHTTP1
import NIOHTTP2

/// Refuses answers whose status is none, before AsyncHTTPClient: one below 100 that has a body ends the process there,
/// by a precondition of its state machine, and what a service answers must not.
final class StatusGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    /// What was refused.
    struct Refusal: Error {
        let status: UInt
    }

    private var hasRefused = false

    /// Puts one after the decoder of a connection.
    @Sendable static func install(in channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(StatusGuard(), position: .after(decoder))
        }
    }

    /// Puts one after the codec of a stream of HTTP/2.
    @Sendable static func install(inStream channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let codec = try pipeline.handler(type: HTTP2FramePayloadToHTTP1ClientCodec.self)
            try pipeline.addHandler(StatusGuard(), position: .after(codec))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Nothing of such a connection is believed.
        guard !hasRefused else { return }
        if case .head(let head) = unwrapInboundIn(data), !(100...999).contains(head.status.code) {
            hasRefused = true
            context.fireErrorCaught(Refusal(status: head.status.code))
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }
}
