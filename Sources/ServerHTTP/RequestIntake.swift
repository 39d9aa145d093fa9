import NIOCore
import NIOHTTP1
import ProvisioningAPI
import Service

/// Whose request it is, by its path.
enum RequestKind: String, Sendable {
    case device, `operator`, page
}

/// The head of a request that is worth reading its body.
struct IncomingRequest: Sendable {
    let kind: RequestKind
    /// As it was sent.
    let method: String
    let path: String
    let query: String?
    let headers: [(name: String, value: String)]
    /// Octets that its body may have.
    let limit: Int
    /// Whether the connection may serve another request.
    let isKeepAlive: Bool
    /// Whether the client waits to be told that its body is welcome.
    let expectsContinue: Bool

    /// A HEAD is a GET without the body of its answer; but a device's GET is a delivery, which must not be lost so.
    var isHead: Bool { method == "HEAD" && kind != .device }

    func serviceRequest(body: [UInt8]) -> ServiceRequest {
        ServiceRequest(
            method: isHead ? "GET" : method, path: path, query: query, headers: headers, body: body)
    }
}

/// The checks of a request's head beyond what NIO's decoder refuses by itself: framing that two programs could read
/// differently, and sizes that are announced.
struct RequestIntake: Error {
    let kind: RequestKind
    let method: String
    let path: String
    let status: Int
    let reason: String
    let message: String

    /// - Throws: why the request is refused.
    static func examine(_ head: HTTPRequestHead) throws(RequestIntake) -> IncomingRequest {
        let (path, query) = split(head.uri)
        let kind = kind(of: path)
        func refuse(_ status: Int, _ reason: String, _ message: String) -> RequestIntake {
            RequestIntake(
                kind: kind, method: head.method.rawValue, path: path, status: status, reason: reason,
                message: message)
        }
        guard head.version == .http1_1 || head.version == .http1_0 else {
            throw refuse(505, "version", "expected HTTP/1.1, found \(head.version)")
        }
        let hosts = head.headers["host"]
        guard hosts.count == 1 || hosts.isEmpty && head.version == .http1_0 else {
            throw refuse(400, "host", "expected one Host, found \(hosts.count)")
        }
        let limit = kind == .device ? HTTPLimits.deviceBody : HTTPLimits.operatorBody
        try checkFraming(head, limit, refuse)
        let expectations = head.headers["expect"]
        let expectsContinue = expectations.count == 1 && expectations[0].lowercased() == "100-continue"
        guard expectations.isEmpty || expectsContinue else {
            throw refuse(417, "expect", "expected no expectation but 100-continue")
        }
        return IncomingRequest(
            kind: kind, method: head.method.rawValue, path: path, query: query,
            headers: head.headers.map { (name: $0.name, value: $0.value) }, limit: limit,
            isKeepAlive: head.isKeepAlive && head.version == .http1_1 && head.method != .CONNECT
                && !head.headers.contains(name: "upgrade"),
            expectsContinue: expectsContinue)
    }

    /// One length, or chunks, and no more than there may be.
    private static func checkFraming(
        _ head: HTTPRequestHead, _ limit: Int, _ refuse: (Int, String, String) -> RequestIntake
    ) throws(RequestIntake) {
        let lengths = head.headers["content-length"]
        let codings = head.headers["transfer-encoding"]
        guard lengths.count <= 1, lengths.isEmpty || codings.isEmpty else {
            throw refuse(400, "framing", "expected one Content-Length or Transfer-Encoding, found several")
        }
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].lowercased() == "chunked", head.version == .http1_1 else {
                throw refuse(501, "framing", "expected no transfer coding but chunked")
            }
        }
        if let text = lengths.first {
            guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
                throw refuse(400, "framing", "expected a Content-Length in digits")
            }
            guard let length = Int(text), length <= limit else {
                throw tooLarge(limit, refuse)
            }
        }
    }

    static func tooLarge(
        _ limit: Int, _ refuse: (Int, String, String) -> RequestIntake
    ) -> RequestIntake { refuse(413, "too-large", "expected a body of at most \(limit) octets, found more") }

    private static func kind(of path: String) -> RequestKind {
        if RoutingTable.isDevicePath(path) { return .device }
        return OperationalPage(rawValue: path) == nil ? .operator : .page
    }

    /// Path and query of a target, also of one that names a server before them (RFC 9112 section 3.2.2).
    private static func split(_ target: String) -> (path: String, query: String?) {
        var rest = target[...]
        for scheme in ["http://", "https://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count).drop { $0 != "/" && $0 != "?" }
            if !rest.hasPrefix("/") { rest = "/" + rest }
        }
        guard let mark = rest.firstIndex(of: "?") else { return (String(rest), nil) }
        return (String(rest[..<mark]), String(rest[rest.index(after: mark)...]))
    }
}
