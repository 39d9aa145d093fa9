import CoAP
import DTLS
import Foundation
import TestFleet
import OpenSSL
import PKIX
import Testing

/// A client of a service's CoAP: one datagram socket, one DTLS session, and either whole requests or single messages.
final class CoAPClient {
    private let descriptor: Int32
    private let dtls: DTLSClient
    private var endpoint: ClientEndpoint
    /// Messages that came and nobody has looked at.
    private var messages: [[UInt8]] = []
    private(set) var isEstablished = false
    /// Why the session ended.
    private(set) var closing: DTLSClosing?

    /// Connects, which has to succeed.
    ///
    /// - Parameter settings: how requests are put into blocks.
    convenience init(_ service: RunningService, _ settings: ClientSettings = ClientSettings()) throws {
        try self.init(service, settings, patience: 10)
        guard isEstablished else {
            throw RunningService.Fault("no DTLS session: \(String(describing: closing))")
        }
    }

    /// Tries to connect for so many seconds.
    init(_ service: RunningService, _ settings: ClientSettings, patience: Double) throws {
        let pem = try Data(contentsOf: URL(fileURLWithPath: service.folder.path("data/tls.crt")))
        let roots = try PEMDocument([UInt8](pem)).entries.map(\.der)
        dtls = try DTLSClient(try DTLSClientContext(roots: roots), to: .host("localhost"))
        endpoint = ClientEndpoint(seed: .random(in: 0...UInt64.max), settings: settings)
        descriptor = try Self.connect(try #require(service.coapPort))
        take(dtls.start(at: Self.now))
        try wait(patience) { isEstablished || closing != nil }
    }

    deinit {
        dtls.close()
        flush()
        Glibc.close(descriptor)
    }

    /// A socket for datagrams to a port of this machine.
    static func connect(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw RunningService.Fault("no socket for port \(port)") }
        return descriptor
    }

    private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }
    private static var milliseconds: UInt64 { now / 1_000_000 }

    // MARK: Whole requests

    /// Sends a request and waits for its end.
    func ask(_ request: ClientRequest?) throws -> ClientOutcome {
        var outcome: ClientOutcome?
        func take(_ events: [ClientEvent]) {
            for event in events {
                switch event {
                case .send(let message): dtls.send(message)
                case .finished(_, let end): outcome = end
                }
            }
            flush()
        }
        take(endpoint.start(try #require(request), at: Self.milliseconds).1)
        try wait(40) {
            while !messages.isEmpty {
                take(endpoint.receive(messages.removeFirst(), at: Self.milliseconds))
            }
            take(endpoint.tick(at: Self.milliseconds))
            return outcome != nil
        }
        guard let outcome else { throw RunningService.Fault("a request without an end") }
        return outcome
    }

    /// The answer to a request, with its whole body.
    func answer(_ request: ClientRequest?) throws -> ClientResponse {
        guard case .response(let response) = try ask(request) else {
            throw RunningService.Fault("expected an answer")
        }
        return response
    }

    // MARK: Single messages

    func send(_ message: [UInt8]) {
        dtls.send(message)
        flush()
    }

    /// The next message; nil if none comes within so many seconds.
    func receive(within seconds: Double = 5) throws -> [UInt8]? {
        try wait(seconds) { !messages.isEmpty }
        return messages.isEmpty ? nil : messages.removeFirst()
    }

    /// Waits for the end of the session.
    func waitForEnd(within seconds: Double = 10) throws { try wait(seconds) { closing != nil } }

    // MARK: The socket

    private func flush() {
        for datagram in dtls.takeDatagrams() {
            _ = datagram.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    private func take(_ events: [DTLSClientEvent]) {
        for event in events {
            switch event {
            case .established: isEstablished = true
            case .message(let message): messages.append(message)
            case .closed(let closing): self.closing = closing
            }
        }
        flush()
    }

    /// Serves socket and timers until it is done or so many seconds are over.
    private func wait(_ seconds: Double, until isDone: () throws -> Bool) throws {
        let end = Date().addingTimeInterval(seconds)
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while try !isDone(), Date() < end {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&poller, 1, 20) > 0 {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count > 0 { take(dtls.receive(Array(buffer[..<count]), at: Self.now)) }
            }
            take(dtls.tick(at: Self.now))
        }
    }
}
