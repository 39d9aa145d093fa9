public import DeviceIdentity
public import Diagnostics

/// What a modem answers to `AT%CMNG=1`: a line `%CMNG: <sec_tag>,<type>,"<SHA-256>"` for each credential, then OK.
///
/// Read as people have it: with the time stamps of a log and the prompt of a shell before the lines, any line ends, other
/// answers in between, and digests that a terminal of 80 columns broke. An entry that cannot be read spoils the listing:
/// what is missing in it would be taken for missing in the modem.
public struct CredentialListing: Sendable, Equatable {
    /// One credential of the modem.
    public struct Entry: Sendable, Equatable {
        public let secTag: SecTag
        /// The number of the credential type; newer firmware may have others than ``CredentialKind``.
        public let type: UInt32
        /// 32 octets: of a certificate the SHA-256 of the text as it was written; of a key by no published rule.
        public let digest: [UInt8]
        /// The line of the text, from 1.
        public let line: Int

        public var kind: CredentialKind? { CredentialKind(rawValue: type) }
    }

    /// In the order of the listing; no slot twice.
    public let entries: [Entry]
    /// Whether an OK ends it: without one it may have been cut.
    public let isComplete: Bool
    /// How many listings of the same credentials stood before the last one, which alone counts.
    public let earlierListings: Int

    /// A modem keeps some dozens.
    private static let maximumEntries = 10_000

    private static let marker = Array("%CMNG:".utf8)
    private static let refusal = Array("+CME ERROR:".utf8)

    public func entry(_ secTag: SecTag, _ kind: CredentialKind) -> Entry? {
        entries.first { $0.secTag == secTag && $0.kind == kind }
    }

    /// Whether a text holds an entry of a listing or the command that asks for one.
    public static func isIn(_ text: [UInt8]) -> Bool { text[...].firstRange(of: Array("%CMNG".utf8)) != nil }

    /// - Throws: ``ToolError`` `listing` with the line for an entry that cannot be read and for a text without any entry and
    ///   without an OK, and where one answer has two digests for one slot; `modem-error` where the modem refused instead.
    public init(_ text: [UInt8]) throws(ToolError) {
        var reader = Reader()
        let lines = Self.lines(of: text)
        var index = 0
        while index < lines.count {
            index += try reader.read(lines, at: index)
        }
        try reader.finish()
        guard !reader.entries.isEmpty || reader.isComplete && Self.mayBeEmptyListing(text, lines) else {
            if let (line, number) = reader.refused { throw Self.refused(line, number) }
            throw ToolError(
                .listing, "expected lines %CMNG: and OK, as a modem answers AT%CMNG=1, found neither")
        }
        entries = reader.entries
        isComplete = reader.isComplete
        earlierListings = reader.earlier
    }

    /// An OK ends the answer to any command: of an empty listing it has to be said what was asked, or nothing else is there.
    private static func mayBeEmptyListing(_ text: [UInt8], _ lines: [ArraySlice<UInt8>]) -> Bool {
        isIn(text) || lines.allSatisfy { $0.isEmpty || $0.elementsEqual("OK".utf8) }
    }

    private static func refused(_ line: Int, _ number: UInt32) -> ToolError {
        let meaning = CMEError.meaning(number).map { ", \($0)" } ?? ""
        return ToolError(
            .modemError,
            "expected a listing, found line \(line): the modem refused with +CME ERROR: \(number)\(meaning)",
            hint: CMEError.explanation(number).map { .text($0.remedy) })
    }

    /// Lines by LF, CR LF and lone CR; the numbers are those of editors.
    private static func lines(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = text.startIndex
        var index = start
        while index < text.endIndex {
            let byte = text[index]
            guard byte == 0x0a || byte == 0x0d else {
                index += 1
                continue
            }
            lines.append(text[start..<index])
            let isPair = byte == 0x0d && index + 1 < text.endIndex && text[index + 1] == 0x0a
            index += isPair ? 2 : 1
            start = index
        }
        lines.append(text[start...])
        return lines
    }

    /// Goes through the lines and keeps what counts.
    private struct Reader {
        var entries: [Entry] = []
        var isComplete = false
        var earlier = 0
        var refused: (line: Int, number: UInt32)?
        /// The listing that is being read, up to its OK.
        private var open: [Entry] = []

        /// Reads what begins in a line; the number of lines that it took.
        mutating func read(_ lines: [ArraySlice<UInt8>], at index: Int) throws(ToolError) -> Int {
            let line = lines[index]
            if let marker = line.firstRange(of: CredentialListing.marker) {
                // Of several on a line all but the first would be missing.
                if line[marker.upperBound...].firstRange(of: CredentialListing.marker) != nil {
                    throw ToolError(
                        .listing, "expected one entry on a line, found several",
                        context: [.init("line", "\(index + 1)")],
                        hint:
                            "where it stands in JSON give the text of its member (jq -r); printf %b writes line ends for \\r\\n"
                    )
                }
                // A credential that was read (AT%CMNG=2) has its content after the digest, over many lines.
                var fields = EntryParser(line[marker.upperBound...])
                var taken = 1
                // A line of a listing has 85 characters without what a log puts before it.
                while fields.isCut, taken <= 4, index + taken < lines.count {
                    fields.append(lines[index + taken])
                    taken += 1
                }
                guard let entry = fields.entry(line: index + 1) else {
                    throw ToolError(
                        .listing,
                        "expected %CMNG: and a security tag, a type and 64 hexadecimal digits in quotes, found "
                            + "another line",
                        context: [.init("line", "\(index + 1)")],
                        hint: "save the modem's answer to AT%CMNG=1 again, whole")
                }
                guard open.count + entries.count < CredentialListing.maximumEntries else {
                    throw ToolError(
                        .listing, "expected at most \(CredentialListing.maximumEntries) entries, found more")
                }
                open.append(entry)
                return taken
            }
            if Self.asksForAll(line) {
                // The answer to it takes the place of what was listed before.
                if !entries.isEmpty || !open.isEmpty { earlier += 1 }
                entries = []
                open = []
                isComplete = false
                return 1
            }
            if let marker = line.firstRange(of: CredentialListing.refusal), refused == nil {
                let number = line[marker.upperBound...].drop { $0 == 0x20 }.prefix { 0x30...0x39 ~= $0 }
                refused = UInt32(String(decoding: number.prefix(10), as: UTF8.self)).map { (index + 1, $0) }
            }
            if Self.isOK(line), !open.isEmpty || entries.isEmpty {
                isComplete = true
                try close()
            }
            return 1
        }

        mutating func finish() throws(ToolError) {
            if !open.isEmpty { isComplete = false }
            try close()
        }

        /// Whether a line ends with the command that lists everything, whatever a log or a shell puts around it.
        private static func asksForAll(_ line: ArraySlice<UInt8>) -> Bool {
            guard let command = line.firstRange(of: Array("AT%CMNG=1".utf8)) else { return false }
            return line[command.upperBound...].allSatisfy { " \t'\"".utf8.contains($0) }
        }

        /// The word OK alone, or at the end of what a log puts before it.
        private static func isOK(_ line: ArraySlice<UInt8>) -> Bool {
            var text = line
            while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
            guard text.suffix(2).elementsEqual("OK".utf8) else { return false }
            let before = text.dropLast(2).last
            return before == nil || before == 0x20 || before == 0x09 || before == UInt8(ascii: ":")
                || before == UInt8(ascii: "]") || before == UInt8(ascii: ">")
        }

        /// A listing that has a credential of an earlier one is of a later time, and takes its place; one that has none is
        /// another part of the whole, as AT%CMNG=1,TAG gives it.
        private mutating func close() throws(ToolError) {
            defer { open = [] }
            guard !open.isEmpty else { return }
            var fresh: [Entry] = []
            var slots: [UInt64: Int] = [:]
            for entry in open {
                guard let place = slots[entry.slot] else {
                    slots[entry.slot] = fresh.count
                    fresh.append(entry)
                    continue
                }
                // Which of two words of one answer is true is not for a reader to choose.
                guard fresh[place].digest == entry.digest else {
                    throw ToolError(
                        .listing,
                        "expected one digest for security tag \(entry.secTag), type \(entry.type), found another than "
                            + "in line \(fresh[place].line)",
                        context: [.init("line", "\(entry.line)")],
                        hint: "save the modem's answer to AT%CMNG=1 again, whole, up to its OK")
                }
            }
            if entries.contains(where: { slots[$0.slot] != nil }) {
                earlier += 1
                entries = fresh
            } else {
                entries += fresh
            }
        }
    }
}

extension CredentialListing.Entry {
    fileprivate var slot: UInt64 { UInt64(secTag.rawValue) << 32 | UInt64(type) }
}

/// Reads `<sec_tag>,<type>,"<digest>"`.
private struct EntryParser {
    private var text: [UInt8]

    init(_ line: ArraySlice<UInt8>) { text = Array(line) }

    mutating func append(_ line: ArraySlice<UInt8>) {
        text += line.drop { $0 == 0x20 || $0 == 0x09 }
    }

    /// Whether the digits of the digest go on in the next line.
    var isCut: Bool {
        guard let digits else { return fields.count <= 2 && text.count < 24 }
        return digits.count < 64
    }

    private var fields: [ArraySlice<UInt8>] {
        text.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
    }

    /// The hexadecimal digits of the third field.
    private var digits: ArraySlice<UInt8>? {
        let fields = fields
        guard fields.count == 3 else { return nil }
        let field = fields[2].drop { $0 == 0x20 || $0 == 0x22 || $0 == 0x5c }
        return field.prefix { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
            default: false
            }
        }
    }

    func entry(line: Int) -> CredentialListing.Entry? {
        let fields = fields
        guard let digits, digits.count == 64, let tag = Self.number(fields[0]),
            let type = Self.number(fields[1]),
            let digest = Hex.decode(String(decoding: digits, as: UTF8.self))
        else { return nil }
        // What follows is a quotation mark, the content of a credential that was read, or nothing.
        let rest = fields[2][digits.endIndex...].drop { $0 == 0x5c }
        guard rest.first.map({ $0 == 0x22 || $0 == 0x20 || $0 == 0x09 }) ?? true else { return nil }
        return .init(secTag: SecTag(tag), type: type, digest: digest, line: line)
    }

    private static func number(_ field: ArraySlice<UInt8>) -> UInt32? {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var digits = field.drop(while: isBlank)
        while let last = digits.last, isBlank(last) { digits.removeLast() }
        guard !digits.isEmpty, digits.count <= 10, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else {
            return nil
        }
        return UInt32(String(decoding: digits, as: UTF8.self))
    }
}

extension ArraySlice<UInt8> {
    /// Where `pattern`, which is not empty, first stands.
    func firstRange(of pattern: [UInt8]) -> Range<Int>? {
        guard let first = pattern.first else { return nil }
        var position = startIndex
        while let start = self[position...].firstIndex(of: first) {
            if self[start...].starts(with: pattern) { return start..<(start + pattern.count) }
            position = start + 1
        }
        return nil
    }
}
