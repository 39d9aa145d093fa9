public import Diagnostics

/// What separates the fields of a record.
public struct CSVDelimiter: Sendable, Equatable {
    public let byte: UInt8

    /// That of RFC 4180.
    public static let comma = CSVDelimiter(byte: Ascii.comma)
    public static let semicolon = CSVDelimiter(byte: UInt8(ascii: ";"))
    public static let tab = CSVDelimiter(byte: 0x09)
    public static let bar = CSVDelimiter(byte: UInt8(ascii: "|"))

    /// Those that files are found to have, with what they are called in an option and in a message.
    private static let known: [(delimiter: CSVDelimiter, name: String, plural: String)] = [
        (.comma, "comma", "commas"), (.semicolon, "semicolon", "semicolons"), (.tab, "tab", "tabs"),
        (.bar, "bar", "vertical bars"),
    ]

    /// All names and characters that ``init(_:)`` takes.
    public static let names = known.map(\.name)

    private init(byte: UInt8) { self.byte = byte }

    /// - Parameter text: a name of ``names``, the character itself, or `\t`.
    public init?(_ text: String) {
        if text == "\\t" || text == "\t" {
            self = .tab
            return
        }
        guard
            let known = Self.known.first(where: {
                $0.name == text || [$0.delimiter.byte].elementsEqual(text.utf8)
            })
        else { return nil }
        self = known.delimiter
    }

    /// What a first line `sep=;` declares, as spreadsheets write and read it; nil for any other line.
    ///
    /// - Parameter line: without its line end.
    public init?(declaredBy line: some Collection<UInt8>) {
        guard line.count == 5, let byte = line.dropFirst(4).first,
            line.prefix(4).elementsEqual("sep=".utf8, by: { $0 | 0x20 == $1 | 0x20 }),
            let known = Self.known.first(where: { $0.delimiter.byte == byte })
        else { return nil }
        self = known.delimiter
    }

    /// As an option takes it, such as `semicolon`.
    public var name: String { Self.known.first { $0.delimiter == self }?.name ?? "" }

    /// Such as `semicolons`.
    public var plural: String { Self.known.first { $0.delimiter == self }?.plural ?? "" }

    /// What seems to separate the fields of a row that has not its columns: at least as many of them as of this one, which
    /// may stand in numbers and between tags.
    private func other(in row: some Collection<UInt8>) -> CSVDelimiter? {
        let own = row.count { $0 == byte }
        return Self.known.map(\.delimiter).first { other in
            other != self && row.count { $0 == other.byte } >= Swift.max(own, 1)
        }
    }

    /// Why a row has not its columns, where something else seems to separate them.
    public func failure(in row: some Collection<UInt8>) -> CheckFailure? {
        other(in: row).map { other in
            CheckFailure(
                .csv, "expected fields separated by \(plural), found \(other.plural)",
                hint: .delimiter(other.name))
        }
    }
}

extension CSVRecord {
    /// Why it has not its columns, where something else seems to separate them.
    public var delimiterFailure: CheckFailure? { delimiter.failure(in: raw) }
}
