import DTLS
import Foundation
import Synchronization

/// A server on a UDP port of this machine that sends each message back in reverse, for clients that nobody here wrote.
final class EchoServer: Sendable {
    struct Report: Sendable {
        var suites: [String] = []
        var counts = DTLSServer.Counts()
    }

    let port: UInt16
    private let mustEnd = Mutex(false)
    private let report = Mutex(Report())
    private let ended = DispatchSemaphore(value: 0)

    init(_ context: DTLSServerContext) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        var wait = timeval(tv_sec: 0, tv_usec: 10_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        guard isBound else { throw Missing() }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            let server = DTLSServer(context, secret: [UInt8](repeating: 3, count: 32))
            while !mustEnd.withLock({ $0 }) { serve(server, descriptor) }
            close(descriptor)
            ended.signal()
        }
    }

    func stop() -> Report {
        mustEnd.withLock { $0 = true }
        ended.wait()
        return report.withLock { $0 }
    }

    private func serve(_ server: DTLSServer, _ descriptor: Int32) {
        var room = [UInt8](repeating: 0, count: 65_536)
        var peer = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in>.size)
        var length = socklen_t(peer.count)
        let count = peer.withUnsafeMutableBytes { peer in
            recvfrom(
                descriptor, &room, room.count, 0, peer.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                &length)
        }
        var events = server.tick(at: uptime())
        if count > 0 { events += server.receive(Array(room[..<count]), from: peer, at: uptime()) }
        for event in events {
            switch event {
            case .established(let session, _, _):
                let suite = server.suite(of: session) ?? ""
                report.withLock { $0.suites.append(suite) }
            case .message(let session, let bytes): server.send(bytes.reversed(), to: session)
            case .closed: break
            }
        }
        for datagram in server.takeDatagrams() {
            _ = datagram.peer.withUnsafeBytes { peer in
                sendto(
                    descriptor, datagram.octets, datagram.octets.count, 0,
                    peer.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(peer.count))
            }
        }
        report.withLock { $0.counts = server.counts }
    }
}
