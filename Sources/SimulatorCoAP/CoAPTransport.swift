import DTLS
public import Diagnostics
import NIOCore
import NIOPosix
import PKIX
public import Simulator

/// The device's CoAP over DTLS: sessions that outlive requests, each with a port of its own.
public final class CoAPTransport: DeviceTransport {
    /// How many handshakes a fleet had, and what travelled: octets of datagrams, without the headers of IP and UDP.
    public struct Traffic: Sendable, Equatable {
        public var handshakes = 0
        public var resumed = 0
        public var octetsSent = 0
        public var octetsReceived = 0
        public var datagrams = 0
    }

    let address: ServiceAddress
    let context: DTLSClientContext
    let loops: MultiThreadedEventLoopGroup
    let meter = TrafficMeter()
    private let random: @Sendable () -> UInt64

    /// - Parameters:
    ///   - roots: certificates in PEM that may vouch for the service; those of the system if there are none.
    ///   - random: numbers from which message IDs and tokens follow.
    /// - Throws: ``ToolError`` with `pem`.
    public init(
        to address: ServiceAddress, roots: [UInt8]?, random: @escaping @Sendable () -> UInt64
    ) throws(ToolError) {
        self.address = address
        self.random = random
        do {
            let certificates = try roots.map { try PEMDocument($0).entries.map(\.der) }
            guard certificates?.isEmpty != true else { throw Self.noRoots }
            context = try DTLSClientContext(roots: certificates)
        } catch {
            throw Self.noRoots
        }
        loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    }

    private static let noRoots = ToolError(
        .pem, "expected certificates in PEM that may vouch for the service")

    /// Ends its threads; nothing can be asked afterwards.
    public func shutDown() async { try? await loops.shutdownGracefully() }

    /// What travelled so far.
    public var traffic: Traffic { meter.traffic }

    public var manners: TransportManners { .coap }

    public func line(profile: ClientProfile, firmwareName: String) -> any DeviceLine {
        CoAPLine(self, profile: profile, firmwareName: firmwareName)
    }

    func makeSeed() -> UInt64 { random() }
}
