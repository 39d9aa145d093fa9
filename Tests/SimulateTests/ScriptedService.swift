import Foundation
import Synchronization
import TestFleet
import TestSupport

/// A service of a few lines on loopback that answers as a closure says: what the real one never does.
final class ScriptedService: Sendable {
    struct Request: Sendable {
        let method: String
        /// With the query.
        let path: String
        let headers: String
        let body: String
    }

    enum Reply: Sendable {
        case json(Int, String, headers: String = "")
        /// Octets as they are.
        case raw(String)
        /// The connection ends without an answer.
        case none
    }

    struct Fault: Error {}

    static let key = "0123456789abcdef0123456789abcdef01234567"

    let folder: WorkFolder
    let url: String
    private let listener: Int32
    private let seen = Mutex<[Request]>([])
    private let respond: @Sendable (Request) -> Reply

    /// - Parameter team: of the account that its key has; nil where the closure answers that too.
    init(team: String? = "team-1", _ respond: @escaping @Sendable (Request) -> Reply) throws {
        folder = try WorkFolder()
        try folder.write(Self.key + "\n", to: "api.key")
        self.respond = { request in
            if let team, request.path == "/v1/account" {
                return .json(200, #"{"team":{"tenantId":"\#(team)","name":"T"},"role":"admin"}"#)
            }
            return respond(request)
        }
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = listener
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 64) == 0
                    && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw Fault() }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Thread { [weak self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0, let self else { return }
                Thread { self.serve(connection) }.start()
            }
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// What was asked, without the account.
    var requests: [Request] { seen.withLock { $0.filter { $0.path != "/v1/account" } } }

    /// Runs assay against it.
    func assay(_ arguments: [String], store: String? = nil) throws -> Program.Outcome {
        try Program(
            TestPaths.binary,
            arguments + ["--service", url, "--api-key-file", "api.key", "--json"]
                + (store.map { ["--store", $0] } ?? []), in: folder.url
        ).wait(limit: 60)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var bytes: [UInt8] = []
        var head: String?
        while true {
            if head == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                bytes.removeSubrange(..<end.upperBound)
            }
            if let head, bytes.count >= Self.length(head) { break }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            bytes += buffer[..<count]
        }
        let words = (head ?? "").split(separator: " ", maxSplits: 2)
        guard words.count == 3 else { return }
        let request = Request(
            method: String(words[0]), path: String(words[1]), headers: head ?? "",
            body: String(decoding: bytes, as: UTF8.self))
        seen.withLock { $0.append(request) }
        var text: String
        switch respond(request) {
        case .none: return
        case .raw(let octets): text = octets
        case .json(let status, let body, let headers):
            text = "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nConnection: close\r\n\(headers)"
            text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        let answer = Array(text.utf8)
        _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
    }

    private static func length(_ head: String) -> Int {
        for line in head.lowercased().split(separator: "\r\n") where line.hasPrefix("content-length:") {
            return Int(line.dropFirst("content-length:".count).filter { $0 != " " }) ?? 0
        }
        return 0
    }
}
