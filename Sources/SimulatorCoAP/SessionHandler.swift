import CoAP
import DTLS
import NIOCore
import Simulator

/// Between a socket, DTLS and CoAP: datagrams up and down, and one timer for both.
final class SessionHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let client: DTLSClient
    private var endpoint: ClientEndpoint
    private let meter: TrafficMeter
    private var opened: EventLoopPromise<CoAPFault?>?
    private var waiting: [ClientEndpoint.ExchangeID: EventLoopPromise<CoAPSession.Outcome>] = [:]
    private var timer: Scheduled<Void>?
    private var giveUpAt: NIODeadline?
    private var context: ChannelHandlerContext?
    private var isOver = false

    init(
        _ client: DTLSClient, _ endpoint: ClientEndpoint, _ meter: TrafficMeter,
        opened: EventLoopPromise<CoAPFault?>
    ) {
        self.client = client
        self.endpoint = endpoint
        self.meter = meter
        self.opened = opened
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(CoAPFault(answer: .noAnswer("the session was broken off")))
        self.context = nil
    }

    // MARK: What is asked

    func start() {
        giveUpAt = .now() + CoAPSession.connectTimeout
        take(client.start(at: Self.nanoseconds))
        pump()
    }

    func ask(_ request: ClientRequest, _ promise: EventLoopPromise<CoAPSession.Outcome>) {
        guard !isOver else {
            promise.succeed(.broken("the session is over"))
            return
        }
        let (id, events) = endpoint.start(request, at: Self.milliseconds)
        waiting[id] = promise
        take(events)
        pump()
    }

    var resumable: DTLSClientSession? { client.session }

    func end() {
        client.close()
        pump()
        finish(CoAPFault(answer: .noAnswer("the session was closed")))
    }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = Self.unwrapInboundIn(data).data
        meter.noteDatagram(received: datagram.readableBytes)
        take(client.receive(Array(datagram.readableBytesView), at: Self.nanoseconds))
    }

    func channelReadComplete(context: ChannelHandlerContext) { pump() }

    func channelInactive(context: ChannelHandlerContext) {
        finish(CoAPFault(answer: .noAnswer("the session was broken off")))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(CoAPFault(error))
        context.close(promise: nil)
    }

    private func take(_ events: [DTLSClientEvent]) {
        for event in events {
            switch event {
            case .established(let isResumed):
                meter.noteHandshake(isResumed: isResumed)
                giveUpAt = nil
                opened?.succeed(nil)
                opened = nil
            case .message(let message): take(endpoint.receive(message, at: Self.milliseconds))
            case .closed(.byPeer): finish(CoAPFault(answer: .noAnswer("the service closed the session")))
            case .closed(.failed(let reason)):
                let isOpen = opened == nil
                finish(
                    CoAPFault(
                        answer: isOpen
                            ? .noAnswer("the session broke: \(reason)")
                            : .unreachable("the handshake failed: \(reason)")))
            case .closed: finish(CoAPFault(answer: .noAnswer("the session ended")))
            }
        }
    }

    private func take(_ events: [CoAP.ClientEvent]) {
        for event in events {
            switch event {
            case .send(let message): client.send(message)
            case .finished(let id, let outcome): waiting.removeValue(forKey: id)?.succeed(.answered(outcome))
            }
        }
    }

    /// Whoever waits is told once, and nothing is under way afterwards.
    private func finish(_ fault: CoAPFault) {
        isOver = true
        timer?.cancel()
        timer = nil
        opened?.succeed(fault)
        opened = nil
        let promises = waiting.values
        waiting = [:]
        for promise in promises { promise.succeed(.broken(fault.answer.brokenReason)) }
    }

    // MARK: What goes, and when

    private func pump() {
        guard let context, let peer = context.channel.remoteAddress else { return }
        var hasWritten = false
        for datagram in client.takeDatagrams() {
            meter.noteDatagram(sent: datagram.count)
            let envelope = AddressedEnvelope(
                remoteAddress: peer, data: context.channel.allocator.buffer(bytes: datagram))
            context.write(Self.wrapOutboundOut(envelope), promise: nil)
            hasWritten = true
        }
        if hasWritten { context.flush() }
        arm(context)
    }

    private func arm(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        guard !isOver else { return }
        let deadlines = [
            client.nextDeadline, endpoint.deadline.map { $0 &* 1_000_000 }, giveUpAt?.uptimeNanoseconds,
        ]
        guard let deadline = deadlines.compactMap({ $0 }).min() else { return }
        // Rounded up, or a deadline in milliseconds would be asked for before its time.
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(deadline &+ 1_000_000)) {
            handler.value.fire()
        }
    }

    private func fire() {
        if let giveUpAt, giveUpAt <= .now() {
            finish(CoAPFault(answer: .connectTimedOut))
            return
        }
        take(client.tick(at: Self.nanoseconds))
        take(endpoint.tick(at: Self.milliseconds))
        pump()
    }

    private static var nanoseconds: UInt64 { NIODeadline.now().uptimeNanoseconds }
    private static var milliseconds: UInt64 { nanoseconds / 1_000_000 }
}

extension ServiceAnswer {
    fileprivate var brokenReason: String {
        switch self {
        case .noAnswer(let reason), .unreachable(let reason): reason
        default: "the session broke"
        }
    }
}
