import AsyncHTTPClient
package import Diagnostics
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import Submission

/// Requests over HTTP and TLS. The caller's thread waits; redirects are answers, so that the key goes to no other host.
package final class HTTPTransport: ServiceTransport {
    private static let largestAnswer = 16 * 1024 * 1024
    private static let connectLimit = TimeAmount.seconds(10)

    private let client: HTTPClient
    private let authorization: String
    private let userAgent: String
    private let limit: TimeAmount
    private let now: @Sendable () -> Int64

    /// - Parameter now: seconds since 1970.
    package init(_ options: TransportOptions, now: @escaping @Sendable () -> Int64) throws(ToolError) {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try options.tls(), redirectConfiguration: .disallow,
            timeout: .init(connect: Self.connectLimit, read: .seconds(options.answerLimit)))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = options.connections
        // Whether a request that failed was sent is what a journal lives by: the client does not decide that alone.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .automatic
        configuration.http1_1ConnectionDebugInitializer = { StatusGuard.install(in: $0) }
        configuration.http2StreamChannelDebugInitializer = { StatusGuard.install(inStream: $0) }
        if let proxy = options.proxy { configuration.proxy = try ProxyAddress.read(proxy) }
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
            configuration: configuration)
        authorization = "Bearer " + options.key
        userAgent = options.userAgent
        self.now = now
        // For what comes in pieces, each in time.
        limit = .seconds(options.answerLimit &* 4)
    }

    /// Closes what is open; nothing can be sent afterwards.
    package func close() { try? client.syncShutdown() }

    package func send(_ call: ServiceCall) -> TransportOutcome {
        let request: HTTPClient.Request
        do {
            var headers = HTTPHeaders([
                ("User-Agent", userAgent), ("Accept", "application/json"),
            ])
            if call.needsKey { headers.add(name: "Authorization", value: authorization) }
            if let type = call.contentType { headers.add(name: "Content-Type", value: type) }
            if let key = call.idempotencyKey { headers.add(name: "Idempotency-Key", value: key) }
            request = try HTTPClient.Request(
                url: call.url, method: HTTPMethod(rawValue: call.method), headers: headers,
                body: call.contentType == nil ? nil : .bytes(call.body))
        } catch {
            return .notSent("the address cannot be used")
        }
        let collector = ResponseAccumulator(request: request, maxBodySize: Self.largestAnswer)
        do {
            let response = try client.execute(
                request: request, delegate: collector, deadline: .now() + limit
            ).wait()
            return .answer(answer(response))
        } catch {
            return Self.outcome(of: error)
        }
    }

    private func answer(_ response: HTTPClient.Response) -> ServiceAnswer {
        var body = response.body ?? ByteBuffer()
        let wait = response.headers.first(name: "Retry-After")
        return ServiceAnswer(
            status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"),
            retryAfter: wait.flatMap(RetryPolicy.seconds),
            retryAt: wait.flatMap { HTTPDate.seconds($0, now: now()) },
            body: body.readBytes(length: body.readableBytes) ?? [])
    }

    /// Only what is known never to have been written counts as not sent.
    private static func outcome(of error: any Error) -> TransportOutcome {
        switch error {
        case let error as StatusGuard.Refusal:
            .senseless("expected a status of HTTP, found \(error.status)")
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout: .notSent("no connection within 10 seconds")
            case .getConnectionFromPoolTimeout: .notSent("no free connection")
            case .tlsHandshakeTimeout: .notSent("no TLS within 10 seconds")
            case .proxyAuthenticationRequired: .notSent("the proxy asks for a password")
            case .invalidProxyResponse: .notSent("the proxy does not answer as one")
            case .readTimeout, .deadlineExceeded: .unanswered("no answer in time")
            case .remoteConnectionClosed: .unanswered("the connection was closed before the answer came")
            default: .unanswered("the connection failed: \(error)")
            }
        case let error as NIOConnectionError:
            .notSent(reason(error))
        case let error as NIOSSLError:
            if case .handshakeFailed(let reason) = error {
                .notSent("the service is not trusted: \(reason)")
            } else {
                .unanswered("the TLS connection failed: \(error)")
            }
        case is NIOSSLExtraError: .notSent("the certificate of the service is not of this host")
        // Refused, no way to the network or the host: before anything could be written.
        case let error as IOError where [101, 111, 113].contains(error.errnoCode):
            .notSent("no connection: \(reason(error.errnoCode))")
        case let error as IOError: .unanswered("the connection failed: \(error)")
        default: .unanswered("the connection failed: \(error)")
        }
    }

    private static func reason(_ code: CInt) -> String {
        switch code {
        case 111: "connection refused"
        case 101: "the network is unreachable"
        default: "the host is unreachable"
        }
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.first?.error {
            return "no connection to \(error.host):\(error.port): \(failure)"
        }
        return "no address for \(error.host)"
    }
}
