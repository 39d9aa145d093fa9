import InputOutput
import NIOCore
import NIOHTTP1
import ServerSupport
import Service

/// What all connections share.
struct ServerContext: Sendable {
    let service: ProvisioningService
    let limits: HTTPLimits
    let log: ServiceLog
    /// Nil for plain HTTP.
    let tls: ServerTLS?
    let dispatcher: Dispatcher
    let budget = BodyBudget()
    /// What happens to operators' requests in a rehearsal.
    var faults: FaultPlan?
}

/// One connection: a request is read whole, answered whole, and only then the next one is looked at.
final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// For the head of a request.
        case waiting
        case receiving(IncomingRequest)
        /// The service works, or the answer is being written.
        case answering
        /// The answer was written before the request was read; the rest is dropped so that the client gets to read it.
        case discarding(Int)
        case closed
    }

    /// What the log and the answer have to know of a request.
    private struct Subject {
        var kind = RequestKind.operator
        var method = ""
        var path = ""
        var isHead = false
        var received = 0
        let started = System.monotonicNanoseconds()
    }

    private let shared: ServerContext
    private var phase = Phase.waiting
    private var subject = Subject()
    private var body: [UInt8] = []
    private var deadline: Scheduled<Void>?
    /// Whether nothing more will come from the client.
    private var hasInputEnded = false
    private var isCounted = false

    init(_ shared: ServerContext) { self.shared = shared }

    func handlerAdded(context: ChannelHandlerContext) {
        isCounted = true
        shared.log.metrics.connected()
        // Also for the handshake of TLS.
        start(shared.limits.requestTimeout, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (.head(let head), .waiting): receive(head, context)
        case (.body(let part), .receiving(let request)): receive(part, of: request, context)
        case (.end, .receiving(let request)): dispatch(request, context)
        case (.body(let part), .discarding(let left)):
            let rest = left - part.readableBytes
            phase = .discarding(rest)
            if rest <= 0 { close(context) }
        case (.end, .discarding): close(context)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, !hasInputEnded else { return close(context) }
        switch phase {
        case .waiting:
            subject = Subject()
            refuse(error, context)
        case .receiving: refuse(error, context)
        case .answering, .discarding, .closed: close(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            hasInputEnded = true
            // An answer that is due is still given: the client may have closed its half alone.
            if case .answering = phase {} else { close(context) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: A request

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        subject = Subject()
        subject.method = head.method.rawValue
        do throws(RequestIntake) {
            let request = try RequestIntake.examine(head)
            subject.kind = request.kind
            subject.path = request.path
            subject.isHead = request.isHead
            phase = .receiving(request)
            start(shared.limits.requestTimeout, context)
            if request.expectsContinue {
                let head = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            }
        } catch {
            subject.kind = error.kind
            subject.path = error.path
            answer(TransportProblem.response(error), isLast: true, isWhole: false, context)
        }
    }

    private func receive(_ part: ByteBuffer, of request: IncomingRequest, _ context: ChannelHandlerContext) {
        var part = part
        let count = part.readableBytes
        subject.received += count
        guard body.count + count <= request.limit else {
            let refusal = RequestIntake.tooLarge(request.limit) { status, reason, message in
                RequestIntake(
                    kind: request.kind, method: request.method, path: request.path, status: status,
                    reason: reason, message: message)
            }
            return answer(TransportProblem.response(refusal), isLast: true, isWhole: false, context)
        }
        guard shared.budget.reserve(count) else {
            return answer(TransportProblem.overload(request.kind), isLast: true, isWhole: false, context)
        }
        body.append(contentsOf: part.readBytes(length: count) ?? [])
    }

    private func dispatch(_ request: IncomingRequest, _ context: ChannelHandlerContext) {
        phase = .answering
        // From here on the client has no say in how long it takes.
        deadline?.cancel()
        let isLast = !request.isKeepAlive
        let message = request.serviceRequest(body: body)
        if let page = OperationalPage(rawValue: request.path), page == .health {
            // Answered here: it says that the process lives, whatever the threads are waiting for.
            let response = page.answer(message, isLocal: true, shared.service, shared.log.metrics)
            return answer(response, isLast: isLast, isWhole: true, context)
        }
        let (service, metrics) = (shared.service, shared.log.metrics)
        let isLocal = OperationalPage.isLocal(message, peer: context.remoteAddress?.ipAddress)
        let fault = request.kind == .operator ? shared.faults?.next() : nil
        let future = shared.dispatcher.submit(urgency(of: request), on: context.eventLoop) {
            switch request.kind {
            case .device: FaultyAnswer(nil) { service.respondToDevice(message) }
            case .operator: FaultyAnswer(fault) { service.respond(to: message) }
            case .page:
                FaultyAnswer(nil) {
                    OperationalPage(rawValue: message.path)?.answer(
                        message, isLocal: isLocal, service, metrics) ?? ServiceResponse(status: 404)
                }
            }
        }
        guard let future else {
            return answer(TransportProblem.overload(request.kind), isLast: isLast, isWhole: true, context)
        }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        future.whenComplete { result in
            let (handler, context) = bound.value
            // Its threads end only with the service.
            let answer =
                (try? result.get()) ?? FaultyAnswer(nil) { TransportProblem.overload(request.kind) }
            handler.give(answer, isLast: isLast, context)
        }
    }

    private func urgency(of request: IncomingRequest) -> Dispatcher.Urgency {
        switch request.kind {
        case .device: request.method == "POST" ? .report : .fetch
        case .operator, .page: .operator
        }
    }

    private func refuse(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        let response =
            switch error {
            case .headerOverflow:
                TransportProblem.response(431, "header-size", "expected smaller header fields, or fewer")
            case .invalidVersion: TransportProblem.response(505, "version", "expected HTTP/1.1")
            default:
                TransportProblem.response(400, "http", "expected a request of HTTP/1.1, found something else")
            }
        answer(
            subject.kind == .device ? ServiceResponse(status: 400) : response, isLast: true, isWhole: false,
            context)
    }

    // MARK: An answer

    /// - Parameters:
    ///   - isLast: whether the connection ends with it.
    ///   - isWhole: whether the request was read to its end.
    func answer(
        _ response: ServiceResponse, isLast: Bool, isWhole: Bool, _ context: ChannelHandlerContext
    ) {
        shared.budget.release(body.count)
        body = []
        if case .closed = phase { return }
        phase = .answering
        let isLast = isLast || hasInputEnded
        let writing = AnswerWriter.parts(
            of: response, to: subject.kind, isHead: subject.isHead, isLast: isLast)
        let microseconds = (System.monotonicNanoseconds() &- subject.started) / 1000
        shared.log.metrics.answered(
            subject.kind.rawValue, status: response.status, microseconds: microseconds)
        if subject.kind != .page || response.status >= 400 {
            shared.log.request(
                .init(
                    peer: context.remoteAddress?.ipAddress ?? "", method: subject.method, path: subject.path,
                    outcome: .status(response.status), microseconds: microseconds,
                    received: subject.received,
                    sent: response.body.count))
        }
        start(shared.limits.requestTimeout, context)
        let written = context.eventLoop.makePromise(of: Void.self)
        for (place, part) in writing.enumerated() {
            context.write(wrapOutboundOut(part), promise: place == writing.count - 1 ? written : nil)
        }
        context.flush()
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        written.futureResult.whenComplete { result in
            let (handler, context) = bound.value
            guard case .success = result else { return handler.close(context) }
            handler.finish(isLast: isLast, isWhole: isWhole, context)
        }
    }

    /// The answer is with the system. Only now the next request is let in: a client that sends and never reads would
    /// fill the memory otherwise.
    private func finish(isLast: Bool, isWhole: Bool, _ context: ChannelHandlerContext) {
        guard case .answering = phase else { return }
        if isLast, !isWhole, !hasInputEnded {
            phase = .discarding(HTTPLimits.discarded)
            start(HTTPLimits.discardTime, context)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            context.close(mode: .output, promise: nil)
        } else if isLast {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            close(context)
        } else {
            phase = .waiting
            start(shared.limits.requestTimeout, context)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    // MARK: Time and end

    func start(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: time) {
            let (handler, context) = bound.value
            handler.expire(context)
        }
    }

    private func expire(_ context: ChannelHandlerContext) {
        switch phase {
        case .receiving(let request):
            shared.log.metrics.timedOut()
            let response =
                request.kind == .device
                ? ServiceResponse(status: 400)
                : TransportProblem.response(408, "timeout", "expected the rest of the request in time")
            answer(response, isLast: true, isWhole: false, context)
        case .waiting, .answering:
            shared.log.metrics.timedOut()
            close(context)
        case .discarding: close(context)
        case .closed: break
        }
    }

    func close(_ context: ChannelHandlerContext) {
        if case .closed = phase { return }
        end()
        context.close(promise: nil)
    }

    private func end() {
        phase = .closed
        deadline?.cancel()
        deadline = nil
        shared.budget.release(body.count)
        body = []
        if isCounted {
            isCounted = false
            shared.log.metrics.disconnected()
        }
    }
}
