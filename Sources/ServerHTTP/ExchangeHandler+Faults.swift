import NIOCore
import NIOHTTP1
import Service

/// Answers that are not given as they should be.
extension ExchangeHandler {
    /// The pieces of an answer that comes slowly, and the pause before each.
    private static let pieces = 8
    private static let pause: TimeAmount = .milliseconds(150)

    func give(_ answer: FaultyAnswer, isLast: Bool, _ context: ChannelHandlerContext) {
        switch answer.manner {
        case .whole: self.answer(answer.response, isLast: isLast, isWhole: true, context)
        case .cut: close(context)
        case .never: start(.hours(1), context)
        case .slowly: giveSlowly(answer.response, context)
        }
    }

    private func giveSlowly(_ response: ServiceResponse, _ context: ChannelHandlerContext) {
        let parts = AnswerWriter.parts(of: response, to: .operator, isHead: false, isLast: true)
            .flatMap(Self.pieces)
        write(parts[...], context)
    }

    private static func pieces(of part: HTTPServerResponsePart) -> [HTTPServerResponsePart] {
        guard case .body(.byteBuffer(var buffer)) = part else { return [part] }
        let size = max(buffer.readableBytes / pieces, 1)
        var found: [HTTPServerResponsePart] = []
        while let piece = buffer.readSlice(length: min(size, buffer.readableBytes)), piece.readableBytes > 0 {
            found.append(.body(.byteBuffer(piece)))
        }
        return found
    }

    private func write(_ parts: ArraySlice<HTTPServerResponsePart>, _ context: ChannelHandlerContext) {
        guard let part = parts.first, context.channel.isActive else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            return close(context)
        }
        context.writeAndFlush(wrapOutboundOut(part), promise: nil)
        let rest = NIOLoopBound(
            (handler: self, context: context, parts: parts.dropFirst()), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            rest.value.handler.write(rest.value.parts, rest.value.context)
        }
    }
}
