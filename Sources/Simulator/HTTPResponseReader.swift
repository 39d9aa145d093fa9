/// Reads the answer to one request as the device's client does: into one buffer for status line, headers and body.
public struct HTTPResponseReader: Sendable {
    /// What is known of an answer so far.
    public enum Progress: Sendable, Equatable {
        case incomplete
        case complete(HTTPResponse)
        /// Larger than the buffer.
        case tooLarge
        case malformed(String)
    }

    private let limit: Int
    private var bytes: [UInt8] = []

    /// - Parameter buffer: octets of the buffer, of which one is kept for a NUL.
    public init(buffer: Int) { limit = max(buffer - 1, 0) }

    /// Adds what came; what it takes beyond the buffer is dropped.
    public mutating func add(_ more: some Collection<UInt8>) -> Progress {
        bytes.append(contentsOf: more.prefix(limit + 1 - bytes.count))
        guard bytes.count <= limit else { return .tooLarge }
        return progress(isAtEnd: false)
    }

    /// The other side has closed the connection.
    public func end() -> Progress { progress(isAtEnd: true) }

    /// Whether anything came at all.
    public var isEmpty: Bool { bytes.isEmpty }

    private func progress(isAtEnd: Bool) -> Progress {
        guard let headEnd = Self.endOfHead(bytes) else {
            return isAtEnd ? .malformed("the connection ended inside the head of the answer") : .incomplete
        }
        let lines = bytes[..<headEnd].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        guard let first = lines.first, let status = Self.status(first) else {
            return .malformed("expected a status line of HTTP/1.1")
        }
        var length: Int?
        var isChunked = false
        for line in lines.dropFirst() {
            guard let (name, value) = Self.field(line) else { continue }
            switch name {
            case "content-length":
                guard let number = Self.number(value), length == nil || length == number else {
                    return .malformed("expected one Content-Length that is a number")
                }
                length = number
            case "transfer-encoding": isChunked = value.lowercased() == "chunked"
            default: break
            }
        }
        let raw = bytes[headEnd...]
        if status == 204 || status == 304 { return .complete(HTTPResponse(status: status, body: [])) }
        if isChunked { return chunked(status, Array(raw), isAtEnd) }
        guard let length else {
            return isAtEnd ? .complete(HTTPResponse(status: status, body: Array(raw))) : .incomplete
        }
        if raw.count >= length {
            return .complete(HTTPResponse(status: status, body: Array(raw.prefix(length))))
        }
        // Never more than the buffer: then the whole answer would be too large.
        guard length <= limit - headEnd else { return .tooLarge }
        return isAtEnd ? .malformed("the connection ended inside the body of the answer") : .incomplete
    }

    /// The library takes the decoded length but reads on from the start of the raw body: the sizes of the chunks stand in
    /// its way, so a chunked answer is spoilt. So it is here.
    private func chunked(_ status: Int, _ raw: [UInt8], _ isAtEnd: Bool) -> Progress {
        var position = 0
        var decoded = 0
        while let end = raw[position...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: raw[position..<end], as: UTF8.self)
            let digits = line.prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16), size <= limit else {
                return .malformed("expected the size of a chunk")
            }
            if size == 0 {
                return .complete(HTTPResponse(status: status, body: Array(raw.prefix(decoded))))
            }
            decoded += size
            guard raw.count - (end + 1) >= size + 2 else { break }
            position = end + 1 + size + 2
        }
        return isAtEnd ? .malformed("the connection ended inside a chunk") : .incomplete
    }

    // MARK: Lines

    /// The offset after the empty line.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        var matched = 0
        let pattern = Array("\r\n\r\n".utf8)
        for (offset, byte) in bytes.enumerated() {
            matched = byte == pattern[matched] ? matched + 1 : byte == pattern[0] ? 1 : 0
            if matched == pattern.count { return offset + 1 }
        }
        return nil
    }

    private static func status(_ line: ArraySlice<UInt8>) -> Int? {
        guard line.starts(with: Array("HTTP/1.".utf8)), line.count >= 12 else { return nil }
        let digits = line.dropFirst(9).prefix(3)
        guard let status = number(String(decoding: digits, as: UTF8.self)), status >= 100 else { return nil }
        return status
    }

    private static func field(_ line: ArraySlice<UInt8>) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0d }
        let value = line[(colon + 1)...].drop(while: isBlank)
        let end = value.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? value.startIndex
        return (
            String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            String(decoding: value[..<end], as: UTF8.self)
        )
    }

    private static func number(_ text: String) -> Int? {
        guard 1...9 ~= text.utf8.count, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Int(text)
    }
}

/// An answer of HTTP: as much of it as the device's client looks at.
public struct HTTPResponse: Sendable, Equatable {
    public let status: Int
    public let body: [UInt8]

    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// What the answer means. To a report nothing but 200 is success.
    public func meaning(for request: DeviceRequest) -> ServiceAnswer {
        switch (status, request) {
        case (200, .fetch): .content(body)
        case (200, .report): .accepted
        case (204, _): .noContent
        case (400, _): .badRequest
        case (401, _): .unclaimed
        case (403, _): .forbidden
        case (415, _): .wrongFormat
        case (500, _): .overloaded
        default: .unexpected(String(status))
        }
    }
}
