import Foundation
import Testing

/// An answer as it stood on the wire.
struct WireAnswer {
    let statusLine: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    /// Octets of status line and headers, with the empty line.
    let headSize: Int
    private let isHead: Bool

    init(_ bytes: [UInt8], isHead: Bool = false) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else {
            throw RunningService.Fault("expected an answer, found \(text)")
        }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        statusLine = lines[0]
        headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        headSize = text[..<end.upperBound].utf8.count
        body = Array(bytes.dropFirst(headSize))
        self.isHead = isHead
    }

    var status: Int { Int(statusLine.split(separator: " ")[1]) ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }
    var headerNames: [String] { headers.map(\.name) }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var isWhole: Bool {
        if isHead || status == 204 { return body.isEmpty }
        return body.count == Int(header("Content-Length") ?? "")
    }

    /// The body as JSON.
    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any], "\(text)")
    }

    var message: String? { try? json()["message"] as? String }
}
