/// One record of a CSV text, lossless: its bytes as written, and where the fields are in them.
public struct CSVRecord: Sendable, Equatable {
    /// The 1-based line on which the record begins.
    public let line: Int
    /// The record as written, with its line end (the last of a text may have none).
    public let raw: [UInt8]
    /// What separates its fields.
    public let delimiter: CSVDelimiter
    let bounds: [Bounds]

    /// Where a field's text is, quotation marks excluded.
    struct Bounds: Sendable, Equatable {
        let start: UInt32
        let end: UInt32
        let isQuoted: Bool
        let hasDoubledQuotes: Bool
    }

    /// How many fields there are, at least one.
    public var count: Int { bounds.count }

    /// Whether no field has anything in it, as spreadsheets leave rows that were cleared.
    public var isBlank: Bool {
        raw.allSatisfy { octet in
            switch octet {
            case 0x09, 0x0A, 0x0D, 0x20, UInt8(ascii: "\""): true
            default: octet == delimiter.byte
            }
        }
    }

    /// The field with this 0-based number, nil if there are fewer.
    public subscript(index: Int) -> CSVField? {
        guard bounds.indices.contains(index) else { return nil }
        let bounds = bounds[index]
        let written = raw[Int(bounds.start)..<Int(bounds.end)]
        let bytes = bounds.hasDoubledQuotes ? Self.unescaped(written) : written
        return CSVField(bytes: bytes, isQuoted: bounds.isQuoted)
    }

    /// Where the field with this 0-based number is in ``raw``, without quotation marks around it; nil if there are fewer.
    public func range(of index: Int) -> Range<Int>? {
        guard bounds.indices.contains(index) else { return nil }
        return Int(bounds[index].start)..<Int(bounds[index].end)
    }

    /// All fields in order.
    public var fields: [CSVField] {
        bounds.indices.compactMap { self[$0] }
    }

    private static func unescaped(_ written: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var result: [UInt8] = []
        result.reserveCapacity(written.count)
        var isSecondQuote = false
        for byte in written {
            if byte == UInt8(ascii: "\""), !isSecondQuote {
                isSecondQuote = true
                continue
            }
            isSecondQuote = false
            result.append(byte)
        }
        return result[...]
    }
}

/// The value of one field, quotation marks resolved.
public struct CSVField: Sendable, Equatable {
    /// Well-formed UTF-8 without U+0000.
    public let bytes: ArraySlice<UInt8>
    /// Whether the field was written in quotation marks.
    public let isQuoted: Bool

    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
