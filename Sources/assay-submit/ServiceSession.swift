import CommandLineSupport
import Commands
import Diagnostics
import InputOutput
import JSON
import ProvisioningAPI
import Submission
import SubmissionHTTP

/// A service that is talked to, and in whose name.
struct ServiceSession {
    let address: ServiceAddress
    private let connections: HTTPTransport
    private let transport: any ServiceTransport
    let clock: SubmissionClock
    let control: RunControl
    /// Microseconds between two requests.
    let interval: Int64

    /// - Parameter pace: nil for a few questions, for whose answers a person waits.
    init(_ options: ServiceOptions, _ pace: PaceOptions? = nil) throws {
        address = try ServiceAddress(options.address())
        let roots = try options.rootCa.map { path throws(ToolError) in
            try ByteSource(path: path).readAll(limit: 1 << 22)
        }
        let proxy = ProxyAddress.choose(
            service: address.provisioning,
            httpsProxy: System.environment("HTTPS_PROXY") ?? System.environment("https_proxy"),
            noProxy: System.environment("NO_PROXY") ?? System.environment("no_proxy"))
        let key = try options.key()
        connections = try HTTPTransport(
            TransportOptions(
                key: key, roots: roots, proxy: proxy, connections: pace?.connections ?? 1,
                answerLimit: pace?.answerLimit ?? 30,
                userAgent: "assay/" + Version.current), now: { System.nowMicroseconds() / 1_000_000 })
        transport = DiscreetTransport(connections, key: key)
        clock = .system
        control = RunControl(RetryPolicy(patience: pace?.patience ?? 30_000_000), clock)
        interval = pace?.interval ?? 0
    }

    /// One thread's talk, at a pace that is kept in the store, or by this process alone.
    func conversation(_ pace: any Pace = OwnPace()) -> Conversation {
        Conversation(
            with: address, over: transport, pace: pace, interval: interval, clock: clock, control: control)
    }

    /// Ends all connections.
    func close() { connections.close() }

    /// Sends a request once, at once.
    func send(_ call: ServiceCall) -> TransportOutcome { transport.send(call) }

    /// Whose key it is.
    func account(_ talk: Conversation) throws(ToolError) -> Account {
        guard let (method, url) = address.request(.getAccount) else {
            throw ToolError(.internalFault, "no path of the account")
        }
        guard let answer = try talk.ask(ServiceCall(method: method, url: url)) else {
            throw control.error ?? Interruption.error
        }
        return try Account(answer, at: address)
    }
}

extension SubmissionClock {
    /// The clock and the chance of this machine, and its signals.
    static let system = SubmissionClock(
        now: { System.nowMicroseconds() },
        sleep: { System.sleep(milliseconds: UInt32(clamping: ($0 + 999) / 1000)) },
        random: { Int64.random(in: 0..<max($0, 1)) },
        isInterrupted: { Interruption.requested })
}
