import CoAP
import DTLS
import Simulator

/// One device's way over CoAP: authenticate, fetch, suspend or close, perhaps connect anew, report, and so on.
///
/// A release that keeps its session asks the service to suspend it while the modem is off line. A service without
/// connection ids says 4.04: then the client connects anew, without closing the session that it has.
actor CoAPLine: DeviceLine {
    private let transport: CoAPTransport
    private let requests: CoAPRequests
    private let settings: ClientSettings
    private let keepsSession: Bool
    private var session: CoAPSession?
    private var former: DTLSClientSession?

    init(_ transport: CoAPTransport, profile: ClientProfile, firmwareName: String) {
        self.transport = transport
        requests = CoAPRequests(profile, firmwareName: firmwareName)
        var settings = ClientSettings()
        settings.blockSize = BlockOption.Size(fitting: profile.coap.blockSize)
        settings.proposesBlocks = profile.coap.proposesBlocks
        settings.body = profile.receiveBuffer
        self.settings = settings
        keepsSession = profile.coap.keepsSession
    }

    func exchange(_ request: DeviceRequest, jwt: String) async -> ServiceAnswer {
        switch request {
        case .fetch(let query): await fetch(query, jwt)
        case .report(let body): await report(body, jwt)
        }
    }

    func endRun() async {
        await session?.close()
        session = nil
    }

    // MARK: Steps

    private func fetch(_ query: FetchQuery, _ jwt: String) async -> ServiceAnswer {
        // Again in each round, also on a session that is authenticated.
        if let refusal = await authenticate(jwt) { return refusal }
        let answer = await ask(requests.fetch(query)).fetchAnswer
        if case .content = answer { await goOffLine() }
        return answer
    }

    private func report(_ body: [UInt8], _ jwt: String) async -> ServiceAnswer {
        let isKept = session != nil
        if !isKept, let refusal = await authenticate(jwt) { return refusal }
        let answer = await ask(requests.report(body)).reportAnswer
        guard isKept, answer != .accepted else { return answer }
        // Once more, on a session of its own.
        await endRun()
        if let refusal = await authenticate(jwt) { return refusal }
        return await ask(requests.report(body)).reportAnswer
    }

    /// nil where the session is the device's.
    private func authenticate(_ jwt: String) async -> ServiceAnswer? {
        if session == nil {
            switch await CoAPSession.open(transport, settings, resuming: former) {
            case .failure(let fault): return fault.answer
            case .success(let opened):
                session = opened
                former = await opened.resumable()
            }
        }
        return await ask(requests.authenticate(jwt)).refusal
    }

    /// Before the modem leaves the network.
    private func goOffLine() async {
        guard keepsSession else { return await endRun() }
        switch await ask(requests.suspend) {
        case .answered(.response(let response)) where response.code != .notFound: return
        default:
            await session?.abandon()
            session = nil
        }
    }

    private func ask(_ request: ClientRequest?) async -> CoAPSession.Outcome {
        guard let session, let request else { return .broken("there is no session") }
        return await session.ask(request)
    }
}
