/// A request as the device library writes it: HTTP/1.1 text with its own order of lines, for a connection of its own.
public enum HTTPRequestText {
    /// - Parameter jwt: a fresh one for each request.
    public static func bytes(
        _ request: DeviceRequest, to address: ServiceAddress, jwt: String, userAgent: String
    ) -> [UInt8] {
        var lines: [String]
        var body: [UInt8] = []
        switch request {
        case .fetch(let query):
            lines = [
                "GET /v1/provisioning/commands?\(text(query)) HTTP/1.1", "Host: \(address.authority)",
                "Accept: application/cbor", "Authorization: Bearer \(jwt)", "Content-Type: */*",
                "User-Agent: \(userAgent)", "Connection: close",
            ]
        case .report(let responses):
            body = responses
            lines = [
                "POST /v1/provisioning/response HTTP/1.1", "Host: \(address.authority)",
                "Content-Type: application/cbor", "Accept: */*", "Authorization: Bearer \(jwt)",
                "User-Agent: \(userAgent)", "Connection: close", "Content-Length: \(responses.count)",
            ]
        }
        lines += ["", ""]
        return Array(lines.joined(separator: "\r\n").utf8) + body
    }

    /// In this order, `after` even where it is empty, nothing percent-encoded.
    private static func text(_ query: FetchQuery) -> String {
        var pairs = [
            "after=\(query.after)", "rxMaxSize=\(query.receiveLimit)", "txMaxSize=\(query.transmitLimit)",
            "mver=\(query.firmwareVersion)", "cver=\(query.libraryVersion)",
        ]
        if let limit = query.recordLimit { pairs.append("limit=\(limit)") }
        return pairs.joined(separator: "&")
    }
}
