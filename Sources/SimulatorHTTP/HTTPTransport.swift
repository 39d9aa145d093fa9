public import Diagnostics
import NIOCore
import NIOPosix
import NIOSSL
public import Simulator

/// The device's HTTP over TCP and TLS: a connection for each request, the request as raw text.
///
/// Any HTTP library would add, reorder or pool. TLS is the modem's: version 1.2, its cipher suites as far as BoringSSL has
/// them, no record that its buffer could not take.
public final class HTTPTransport: DeviceTransport {
    /// Seconds within which a connection has to stand, and within which an answer has to be there.
    static let timeout = TimeAmount.seconds(30)

    private let address: ServiceAddress
    private let loops: MultiThreadedEventLoopGroup
    private let context: NIOSSLContext?

    /// - Parameter roots: certificates in PEM that may vouch for the service; those of the system if there are none.
    /// - Throws: ``ToolError`` with `pem`.
    public init(to address: ServiceAddress, roots: [UInt8]?) throws(ToolError) {
        self.address = address
        context = address.isSecure ? try Self.context(roots) : nil
        loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    }

    /// Ends its threads; nothing can be asked afterwards.
    public func shutDown() async { try? await loops.shutdownGracefully() }

    public var manners: TransportManners { .http }

    public func line(profile: ClientProfile, firmwareName: String) -> any DeviceLine {
        HTTPLine(transport: self, profile: profile)
    }

    /// The answer, whatever becomes of the request.
    public func exchange(_ request: DeviceRequest, jwt: String, profile: ClientProfile) async -> ServiceAnswer
    {
        let text = HTTPRequestText.bytes(request, to: address, jwt: jwt, userAgent: profile.userAgent)
        let loop = loops.next()
        let answer = loop.makePromise(of: ServiceAnswer.self)
        let (context, serverName, buffer) = (context, address.serverName, profile.receiveBuffer)
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(Self.timeout).channelInitializer {
            channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let context {
                    try pipeline.addHandler(RecordSizeHandler())
                    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: serverName))
                }
                try pipeline.addHandler(
                    ExchangeHandler(request, text, buffer: buffer, isSecure: context != nil, answer: answer))
            }
        }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: address.host, port: address.port).get()
        } catch {
            let meaning = ConnectionFault.answer(to: error)
            // A handler that was made has not been asked; a promise that nobody keeps would be a fault.
            answer.succeed(meaning)
            return meaning
        }
        return await withTaskCancellationHandler {
            (try? await answer.futureResult.get()) ?? .noAnswer("the connection broke")
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    // MARK: TLS

    /// What the modem offers (`ECDHE` with AES, GCM before CBC), without the suites that BoringSSL does not know.
    private static let suites = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-SHA",
        "ECDHE-RSA-AES128-SHA",
    ]

    private static func context(_ roots: [UInt8]?) throws(ToolError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.maximumTLSVersion = .tlsv12
        configuration.cipherSuites = suites.joined(separator: ":")
        do {
            if let roots {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(roots))
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ToolError(.pem, "expected certificates in PEM that may vouch for the service")
        }
    }
}

/// A device's way over HTTP: nothing lasts from one request to the next.
private struct HTTPLine: DeviceLine {
    let transport: HTTPTransport
    let profile: ClientProfile

    func exchange(_ request: DeviceRequest, jwt: String) async -> ServiceAnswer {
        await transport.exchange(request, jwt: jwt, profile: profile)
    }

    func endRun() async {}
}

extension ServiceAddress {
    /// The name for SNI and for the certificate; `nil` for an address, which is held against the certificate itself.
    fileprivate var serverName: String? {
        (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }
}
