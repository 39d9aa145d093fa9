import CoAP
import DTLS
import InputOutput
import NIOCore
import ServerSupport
import Service

/// All sessions of one socket, and what is said in them. Confined to one event loop.
final class Conversations {
    private let service: ProvisioningService
    private let dispatcher: Dispatcher
    private let log: ServiceLog
    private let loop: any EventLoop
    private let dtls: DTLSServer
    private var sessions: [DTLSSessionID: DeviceSession] = [:]
    private var deadlines = DeadlineQueue<DTLSSessionID>()
    private var isStopping = false
    /// Hellos without room of which the log knows, and when it may hear of more.
    private var notedRefusals = 0
    private var nextRefusalNote: UInt64 = 0
    /// Requests that the service works on.
    private(set) var openRequests = 0
    /// Takes what is to be sent; set by whoever has the socket.
    var send: (DTLSDatagram) -> Void = { _ in }
    /// Called when something was done outside of a call of the socket's: datagrams went, deadlines changed.
    var didWork: () -> Void = {}

    init(
        _ service: ProvisioningService, _ dtls: DTLSServer, dispatcher: Dispatcher, log: ServiceLog,
        on loop: any EventLoop
    ) {
        self.service = service
        self.dtls = dtls
        self.dispatcher = dispatcher
        self.log = log
        self.loop = loop
    }

    // MARK: Datagrams and time, in nanoseconds

    func receive(_ datagram: [UInt8], from peer: [UInt8], at now: UInt64) {
        take(dtls.receive(datagram, from: peer, at: now), at: now)
        flush()
    }

    /// When ``tick(at:)`` has something to do.
    var deadline: UInt64? {
        [dtls.nextDeadline, deadlines.first.map { $0 * Self.millisecond }].compactMap { $0 }.min()
    }

    func tick(at now: UInt64) {
        take(dtls.tick(at: now), at: now)
        while let id = deadlines.pop(at: now / Self.millisecond) {
            for datagram in sessions[id]?.endpoint.tick(at: now / Self.millisecond) ?? [] {
                dtls.send(datagram, to: id)
            }
            schedule(id)
        }
        flush()
    }

    /// Shows another certificate to those who connect from now on.
    func use(_ context: DTLSServerContext) { dtls.use(context) }

    /// Takes no request any more; what is worked on is still answered.
    func stop() { isStopping = true }

    /// Tells all peers that their sessions have ended, so that they connect again and do not wait in vain.
    func close() {
        for id in sessions.keys { dtls.close(id) }
        sessions = [:]
        flush()
    }

    private static let millisecond: UInt64 = 1_000_000

    // MARK: Sessions

    private func take(_ events: [DTLSEvent], at now: UInt64) {
        for event in events {
            switch event {
            case .established(let id, let peer, _):
                sessions[id] = DeviceSession(
                    seed: .random(in: 0...UInt64.max), address: PeerAddress.host(peer))
            case .message(let id, let message): receive(message, in: id, at: now)
            case .closed(let id, _):
                sessions[id] = nil
                deadlines.forget(id)
            }
        }
    }

    private func receive(_ message: [UInt8], in id: DTLSSessionID, at now: UInt64) {
        sessions[id]?.expire(at: now / Self.millisecond)
        let isAuthenticated = sessions[id]?.device(at: now / Self.millisecond) != nil
        let events =
            sessions[id]?.endpoint.receive(message, at: now / Self.millisecond) {
                DeviceResource.refusal($0, isAuthenticated: isAuthenticated)
            } ?? []
        for event in events {
            switch event {
            case .send(let datagram): dtls.send(datagram, to: id)
            case .request(let request): begin(request, in: id, at: now)
            }
        }
        schedule(id)
    }

    private func schedule(_ id: DTLSSessionID) {
        guard let deadline = sessions[id]?.endpoint.deadline else { return }
        deadlines.schedule(id, at: deadline)
    }

    private func flush() {
        for datagram in dtls.takeDatagrams() { send(datagram) }
        noteRefusals()
        log.metrics.coap.note(
            .init(
                sessions: dtls.sessionCount, handshakes: dtls.counts.completed, resumed: dtls.counts.resumed,
                failed: dtls.counts.failed, refused: dtls.counts.refused, dropped: dtls.counts.dropped))
    }

    /// Says that there is no room, and not for each hello.
    private func noteRefusals() {
        guard dtls.counts.refused > notedRefusals else { return }
        let now = System.monotonicNanoseconds()
        guard now >= nextRefusalNote else { return }
        log.note(
            "coap-no-room",
            [
                "refused": "\(dtls.counts.refused - notedRefusals)", "sessions": "\(dtls.sessionCount)",
                "handshakes": "\(dtls.handshakeCount)",
            ], level: .warning)
        notedRefusals = dtls.counts.refused
        nextRefusalNote = now + CoAPLimits.refusalNotes * 1_000_000_000
    }

    // MARK: Requests

    private func begin(_ request: Request, in id: DTLSSessionID, at now: UInt64) {
        guard !isStopping else {
            return answer(request, in: id, Response(.overloaded(retryAfter: CoAPLimits.overload)), since: now)
        }
        let device = sessions[id]?.device(at: now / Self.millisecond)
        let service = service
        switch DeviceResource.judge(request, isAuthenticated: device != nil) {
        case .answer(let response): answer(request, in: id, response, since: now)
        case .authenticate:
            work(.fetch, request, in: id, since: now, isAuthentication: true) {
                service.authenticate(jwt: request.body)
            } finish: { session, result, now in
                session.take(result, at: now)
            }
        case .fetch:
            guard let device else { return answer(request, in: id, Response(.unauthorized), since: now) }
            work(.fetch, request, in: id, since: now) {
                service.fetch(device, path: request.path, query: request.query)
            } finish: { session, result, _ in
                Self.response(result, &session) { Response(commands: $0) }
            }
        case .report:
            guard let device else { return answer(request, in: id, Response(.unauthorized), since: now) }
            work(.report, request, in: id, since: now) {
                service.report(device, request.body)
            } finish: { session, result, _ in
                Self.response(result, &session) { Response(.changed) }
            }
        }
    }

    private static func response<Value>(
        _ result: Result<Value, DeviceRefusal>, _ session: inout DeviceSession, _ success: (Value) -> Response
    ) -> Response {
        switch result {
        case .success(let value): return success(value)
        case .failure(let refusal):
            if refusal == .unclaimed { session.forget() }
            return Response(refusal)
        }
    }

    /// Lets the service work on its own threads, and answers when it has.
    private func work<Value: Sendable>(
        _ urgency: Dispatcher.Urgency, _ request: Request, in id: DTLSSessionID, since start: UInt64,
        isAuthentication: Bool = false, _ work: @escaping @Sendable () -> Result<Value, DeviceRefusal>,
        finish: @escaping (inout DeviceSession, Result<Value, DeviceRefusal>, UInt64) -> Response
    ) {
        let latest = start + CoAPLimits.patience * 1_000_000_000
        let overload = DeviceRefusal.overloaded(retryAfter: CoAPLimits.overload)
        let future = dispatcher.submit(urgency, on: loop) { () -> Result<Value, DeviceRefusal> in
            // Whoever asked has given up; what became of commands is kept whenever it comes.
            guard urgency == .report || System.monotonicNanoseconds() < latest else {
                return .failure(overload)
            }
            return work()
        }
        guard let future else { return answer(request, in: id, Response(overload), since: start) }
        openRequests += 1
        let ownership = sessions[id]?.ownership
        let bound = NIOLoopBound((self, finish), eventLoop: loop)
        future.whenComplete { result in
            let (conversations, finish) = bound.value
            conversations.openRequests -= 1
            // Its threads end only with the service.
            let verdict = (try? result.get()) ?? .failure(overload)
            let now = System.monotonicNanoseconds()
            if var session = conversations.sessions[id] {
                session.expire(at: now / Self.millisecond)
                // What one device asked is not answered to the next.
                let isOwners = isAuthentication || session.ownership == ownership
                let response =
                    isOwners
                    ? finish(&session, verdict, now / Self.millisecond) : Response(.unauthorized)
                conversations.sessions[id] = session
                if session.device(at: now / Self.millisecond) != nil {
                    conversations.dtls.recognize(id, at: now)
                }
                conversations.answer(request, in: id, response, since: start)
                conversations.schedule(id)
            }
            conversations.flush()
            conversations.didWork()
        }
    }

    private func answer(_ request: Request, in id: DTLSSessionID, _ response: Response, since start: UInt64) {
        let now = System.monotonicNanoseconds()
        let datagrams =
            sessions[id]?.endpoint.respond(to: request.id, with: response, at: now / Self.millisecond) ?? []
        for datagram in datagrams { dtls.send(datagram, to: id) }
        let microseconds = (now &- start) / 1_000
        log.metrics.coap.answered(code: response.code.description, microseconds: microseconds)
        log.request(
            .init(
                peer: sessions[id]?.address ?? "", method: request.method.methodName,
                path: "/" + request.path.joined(separator: "/"), outcome: .code(response.code.description),
                microseconds: microseconds, received: request.body.count, sent: response.body.count))
    }
}

extension Code {
    /// As people say it.
    fileprivate var methodName: String {
        switch self {
        case .get: "GET"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        default: description
        }
    }
}
