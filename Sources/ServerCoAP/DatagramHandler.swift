import DTLS
import InputOutput
import NIOCore

/// The socket of all conversations: datagrams in and out, and the one timer.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let conversations: Conversations
    /// Called where the socket ended by itself.
    private let onLoss: () -> Void
    private var timer: Scheduled<Void>?
    private var timerTime: UInt64?

    init(_ conversations: Conversations, onLoss: @escaping () -> Void) {
        self.conversations = conversations
        self.onLoss = onLoss
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        conversations.send = { bound.value.0.write($0, bound.value.1) }
        conversations.didWork = {
            bound.value.1.flush()
            bound.value.0.arm(bound.value.1)
        }
        arm(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        conversations.send = { _ in }
        conversations.didWork = {}
        onLoss()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let peer = PeerAddress.octets(envelope.remoteAddress) else { return }
        conversations.receive(
            Array(envelope.data.readableBytesView), from: peer, at: System.monotonicNanoseconds())
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        arm(context)
    }

    /// What concerns one peer, such as a host that cannot be reached, is no matter of the others.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    private func write(_ datagram: DTLSDatagram, _ context: ChannelHandlerContext) {
        guard let address = PeerAddress.address(datagram.peer) else { return }
        let buffer = context.channel.allocator.buffer(bytes: datagram.octets)
        context.write(wrapOutboundOut(AddressedEnvelope(remoteAddress: address, data: buffer)), promise: nil)
    }

    /// Sets the timer to the next deadline.
    private func arm(_ context: ChannelHandlerContext) {
        let deadline = conversations.deadline
        guard deadline != timerTime else { return }
        timer?.cancel()
        timer = nil
        timerTime = deadline
        guard let deadline else { return }
        let now = System.monotonicNanoseconds()
        let wait = TimeAmount.nanoseconds(Int64(clamping: deadline > now ? deadline - now : 0))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: wait) {
            let (handler, context) = bound.value
            handler.timerTime = nil
            handler.conversations.tick(at: System.monotonicNanoseconds())
            context.flush()
            handler.arm(context)
        }
    }
}
