import OpenSSL

/// Every block of a PEM file that is small enough to be held whole.
public struct PEMDocument: Sendable {
    /// One decoded block.
    public struct Entry: Equatable, Sendable {
        /// The words between `-----BEGIN ` and `-----`.
        public let label: String
        /// The decoded contents, not empty.
        public let der: [UInt8]
        /// The line of the BEGIN line, counted from 1.
        public let line: Int
    }

    /// The blocks in the order of the file; may be empty.
    public let entries: [Entry]
    /// Whether text that is not blank stands outside the blocks.
    public let hasTextOutside: Bool

    /// Reads all blocks; any malformed one is an error. A block may have at most `limit` octets.
    public init(_ bytes: [UInt8], limit: Int = 1 << 20) throws(PEMError) {
        var scanner = PEMScanner(limit: limit)
        var entries: [Entry] = []
        var outside = false
        scan: while true {
            switch scanner.next(in: bytes, isLast: true) {
            case .block(let block):
                outside = outside || block.followsText
                entries.append(Entry(label: block.label, der: try block.decode(in: bytes), line: block.line))
            case .malformed(let error, _): throw error
            case .end(let followsText):
                outside = outside || followsText
                break scan
            case .more: break scan
            }
        }
        self.entries = entries
        hasTextOutside = outside
    }

    /// The contents of the only block, which must have one of `labels`.
    public func single(_ labels: String...) throws(PEMError) -> [UInt8] {
        guard let entry = entries.first else {
            throw PEMError(line: 1, "expected a PEM block \(labels.joined(separator: " or ")), found none")
        }
        guard entries.count == 1 else {
            throw PEMError(line: entries[1].line, "expected one PEM block, found \(entries.count)")
        }
        guard labels.contains(entry.label) else {
            let expected = labels.joined(separator: " or ")
            throw PEMError(line: entry.line, "expected a PEM block \(expected), found \(entry.label)")
        }
        return entry.der
    }
}

/// What ends the lines of PEM.
public enum PEMLineEnd: Sendable {
    /// As a file has them.
    case lineFeed
    /// As they stand within a JSON string (RFC 8259 section 7): `\n` as two octets. Nothing else in PEM needs an escape.
    case escapedLineFeed

    fileprivate var text: StaticString {
        switch self {
        case .lineFeed: "\n"
        case .escapedLineFeed: "\\n"
        }
    }

    fileprivate func append(to output: inout [UInt8]) {
        if self == .escapedLineFeed { output.append(UInt8(ascii: "\\")) }
        output.append(self == .escapedLineFeed ? UInt8(ascii: "n") : UInt8(ascii: "\n"))
    }
}

/// Writes PEM as RFC 7468 section 3 wants it: 64 columns, line feeds.
public enum PEMWriter {
    /// One block with its BEGIN and END lines and a final line feed.
    public static func encode(label: String, der: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(length(label: label, of: der.count))
        append(label: label, der: der, to: &output)
        return output
    }

    /// Appends the same; `label` is printable ASCII without quotation marks and backslashes.
    public static func append(
        label: String, der: [UInt8], lineEnd: PEMLineEnd = .lineFeed, to output: inout [UInt8]
    ) {
        output.append(contentsOf: "-----BEGIN ".utf8)
        output.append(contentsOf: label.utf8)
        output.append(contentsOf: "-----".utf8)
        lineEnd.append(to: &output)
        Octets.appendBase64(der, lineEnd: lineEnd.text, to: &output)
        output.append(contentsOf: "-----END ".utf8)
        output.append(contentsOf: label.utf8)
        output.append(contentsOf: "-----".utf8)
        lineEnd.append(to: &output)
    }

    /// The octets of what ``encode(label:der:)`` writes for a block of `count` octets.
    public static func length(label: String, of count: Int) -> Int {
        let text = (max(count, 0) + 2) / 3 * 4
        let frame = "-----BEGIN -----\n-----END -----\n".utf8.count + 2 * label.utf8.count
        return frame + text + (text + 63) / 64
    }
}
