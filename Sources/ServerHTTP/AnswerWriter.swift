import InputOutput
import NIOCore
import NIOHTTP1
import Service

/// The parts in which an answer is written; all but the last, empty one, which lets the next request in.
enum AnswerWriter {
    /// - Parameter isLast: whether the connection ends with it.
    static func parts(
        of response: ServiceResponse, to kind: RequestKind, isHead: Bool, isLast: Bool
    ) -> [HTTPServerResponsePart] {
        var headers = HTTPHeaders()
        let mayHaveBody = response.status != 204 && response.status != 304
        if let type = response.contentType, mayHaveBody { headers.add(name: "Content-Type", value: type) }
        for header in response.headers { headers.add(name: header.name, value: header.value) }
        // RFC 9110 section 8.6: none where there can be no body.
        if mayHaveBody { headers.add(name: "Content-Length", value: "\(response.body.count)") }
        if kind != .device {
            // RFC 9110 section 15.5.2.
            if response.status == 401 { headers.replaceOrAdd(name: "WWW-Authenticate", value: "Bearer") }
            headers.add(name: "Date", value: HTTPDate.text(System.now()))
            headers.add(name: "Cache-Control", value: "no-store")
            headers.add(name: "X-Content-Type-Options", value: "nosniff")
        }
        // A device's buffer holds head and body together, so its head has nothing that it does not read.
        if isLast { headers.add(name: "Connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: response.status)
        var parts: [HTTPServerResponsePart] = [
            .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))
        ]
        guard mayHaveBody, !isHead else { return parts }
        let size = kind == .device ? HTTPLimits.deviceWrite : max(response.body.count, 1)
        var rest = response.body[...]
        while !rest.isEmpty {
            parts.append(.body(.byteBuffer(ByteBuffer(bytes: rest.prefix(size)))))
            rest = rest.dropFirst(size)
        }
        return parts
    }
}
