import OpenSSL

/// One PEM block found by ``PEMScanner``: where it lies, not yet decoded.
public struct PEMBlock: Equatable, Sendable {
    /// The words between `-----BEGIN ` and `-----`.
    public let label: String
    /// From the first octet of the BEGIN line to the octet after the END line.
    public let whole: Range<Int>
    /// The base64 text between the two lines.
    public let body: Range<Int>
    /// The line of the BEGIN line, counted from 1.
    public let line: Int
    /// Whether text that is not blank stands between the previous block and this one.
    public let followsText: Bool

    /// The decoded contents; `bytes` is the array in which the scanner found this block.
    public func decode(in bytes: [UInt8]) throws(PEMError) -> [UInt8] {
        do throws(Base64.Fault) {
            let contents = try Base64.decode(bytes, body)
            guard !contents.isEmpty else {
                throw Base64.Fault(offset: body.lowerBound, reason: "block is empty")
            }
            return contents
        } catch {
            let before = bytes[body.lowerBound..<max(body.lowerBound, error.offset)]
            let breaks = before.count { $0 == UInt8(ascii: "\n") }
            throw PEMError(line: line + 1 + breaks, error.reason)
        }
    }
}

/// Finds PEM blocks (RFC 7468) in a file that is given whole or in pieces, without copying.
///
/// For a file in pieces: call ``next(in:isLast:)`` until it says ``Step/more(from:)``, move the octets from
/// there on to the front of the buffer, say so with ``discard(_:)``, append the next piece, go on. A
/// malformed block is reported and skipped, so that one bad block does not stop the rest.
public struct PEMScanner: Sendable {
    /// What a call found.
    public enum Step: Equatable, Sendable {
        case block(PEMBlock)
        /// A block that cannot be read; scanning goes on after the octets named.
        case malformed(PEMError, Range<Int>)
        /// The buffer ends inside a line or block: keep the octets from this offset on and add more.
        case more(from: Int)
        /// Everything has been read; whether text that is not blank stands after the last block.
        case end(followsText: Bool)
    }

    /// Offset in the buffer at which the next call begins.
    public private(set) var position = 0
    private var line = 1
    private var sawText = false
    private let limit: Int

    /// A scanner at the start of a file; a block longer than `limit` octets is malformed.
    public init(limit: Int = 1 << 20) { self.limit = limit }

    /// Tells that the caller removed `count` octets from the front of its buffer.
    public mutating func discard(_ count: Int) { position = max(0, position - count) }

    /// Finds the next block at or after ``position``; `isLast` says that the file ends with this buffer.
    public mutating func next(in bytes: [UInt8], isLast: Bool) -> Step {
        while position < bytes.count {
            guard let line = textLine(in: bytes, from: position, isLast: isLast) else {
                return bytes.count - position > limit ? skipLongLine(bytes) : .more(from: position)
            }
            if bytes[position] == Self.dash, let boundary = Boundary(bytes, line.content) {
                return read(boundary, in: bytes, after: line.next, isLast: isLast)
            }
            if !line.isBlank(bytes) { sawText = true }
            advance(to: line.next)
        }
        return isLast ? .end(followsText: sawText) : .more(from: position)
    }

    // MARK: Lines

    fileprivate static let dash = UInt8(ascii: "-")

    private struct Line {
        /// Without the line feed, a carriage return before it and trailing blanks.
        let content: Range<Int>
        /// Where the next line begins.
        let next: Int

        func isBlank(_ bytes: [UInt8]) -> Bool { content.allSatisfy { PEMScanner.isSpace(bytes[$0]) } }
    }

    private static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0D }

    /// The line at `start`, or nil if its end is not in the buffer and may still come.
    private func textLine(in bytes: [UInt8], from start: Int, isLast: Bool) -> Line? {
        let feed = Octets.firstIndex(of: 0x0A, in: bytes, from: start)
        guard feed != nil || isLast else { return nil }
        let end = feed ?? bytes.count
        var trimmed = end
        while trimmed > start, Self.isSpace(bytes[trimmed - 1]) { trimmed -= 1 }
        return Line(content: start..<trimmed, next: min(end + 1, bytes.count))
    }

    private mutating func advance(to next: Int) {
        position = next
        line += 1
    }

    /// A line of text longer than any block may be: dropped, so that memory stays bounded.
    private mutating func skipLongLine(_ bytes: [UInt8]) -> Step {
        let range = position..<bytes.count
        position = bytes.count
        sawText = true
        return .malformed(PEMError(line: line, "line is longer than \(limit) octets"), range)
    }

    // MARK: Blocks

    /// A line that begins with five dashes and a keyword.
    private struct Boundary {
        let isBegin: Bool
        /// nil if the line is damaged.
        let label: Range<Int>?

        /// nil if the line is not a boundary at all.
        init?(_ bytes: [UInt8], _ line: Range<Int>) {
            let start = line.lowerBound
            if Self.has(bytes, line, Self.begin, at: start) {
                isBegin = true
            } else if Self.has(bytes, line, Self.end, at: start) {
                isBegin = false
            } else {
                return nil
            }
            let first = start + (isBegin ? Self.begin.count : Self.end.count)
            let last = line.upperBound - Self.dashes.count
            guard last > first, last - first <= 64, Self.has(bytes, line, Self.dashes, at: last),
                (first..<last).allSatisfy({
                    bytes[$0] >= 0x20 && bytes[$0] < 0x7F && bytes[$0] != PEMScanner.dash
                }),
                bytes[first] != 0x20, bytes[last - 1] != 0x20
            else {
                label = nil
                return
            }
            label = first..<last
        }

        private static let begin = Array("-----BEGIN ".utf8)
        private static let end = Array("-----END ".utf8)
        private static let dashes = Array("-----".utf8)

        private static func has(_ bytes: [UInt8], _ line: Range<Int>, _ text: [UInt8], at start: Int) -> Bool
        {
            guard start >= line.lowerBound, line.upperBound - start >= text.count else { return false }
            for index in 0..<text.count where bytes[start + index] != text[index] { return false }
            return true
        }
    }

    /// Reads on from a boundary line to the end of its block.
    private mutating func read(_ begin: Boundary, in bytes: [UInt8], after bodyStart: Int, isLast: Bool)
        -> Step
    {
        let start = position
        guard begin.isBegin, let label = begin.label else {
            let reason =
                begin.isBegin
                ? PEMError.damaged(PEMDamage.cause(in: bytes[start..<bodyStart]))
                : "END line without a BEGIN line"
            return fail(reason, line, start..<bodyStart, lines: 1)
        }
        var offset = bodyStart
        var lines = 1
        while offset < bytes.count {
            guard offset - start <= limit else {
                return fail("block is longer than \(limit) octets", line, start..<offset, lines: lines)
            }
            guard let next = textLine(in: bytes, from: offset, isLast: isLast) else { break }
            lines += 1
            if bytes[offset] == Self.dash {
                guard let end = Boundary(bytes, next.content), !end.isBegin else {
                    // A BEGIN line inside a block begins the next one: it is not skipped.
                    let reason = "expected base64 or the END line"
                    return fail(reason, line + lines - 1, start..<offset, lines: lines - 1)
                }
                guard let endLabel = end.label, bytes[endLabel] == bytes[label] else {
                    let reason = "END line does not match the BEGIN line"
                    return fail(reason, line + lines - 1, start..<next.next, lines: lines)
                }
                return found(bytes, label, start..<next.next, bodyStart..<offset, lines)
            }
            offset = next.next
        }
        guard isLast else {
            guard bytes.count - start <= limit else {
                return fail("block is longer than \(limit) octets", line, start..<bytes.count, lines: lines)
            }
            return .more(from: start)
        }
        return fail("block has no END line", line, start..<bytes.count, lines: lines)
    }

    private mutating func fail(_ reason: String, _ at: Int, _ range: Range<Int>, lines: Int) -> Step {
        position = range.upperBound
        line += lines
        sawText = false
        return .malformed(PEMError(line: at, reason), range)
    }

    private mutating func found(
        _ bytes: [UInt8], _ label: Range<Int>, _ whole: Range<Int>, _ body: Range<Int>, _ lines: Int
    ) -> Step {
        let block = PEMBlock(
            label: Self.text(of: bytes[label]), whole: whole, body: body, line: line, followsText: sawText)
        position = whole.upperBound
        line += lines
        sawText = false
        return .block(block)
    }

    /// Labels that come by the hundred thousand, and their octets.
    private static let frequent = [CertificationRequest.pemLabel, "CERTIFICATE"].map { ($0, Array($0.utf8)) }

    /// A label as text: of the frequent ones always the same string.
    private static func text(of label: ArraySlice<UInt8>) -> String {
        for (text, octets) in frequent where label.elementsEqual(octets) { return text }
        return String(decoding: label, as: UTF8.self)
    }
}
