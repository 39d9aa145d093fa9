public import CSV
import DeviceIdentity
import Diagnostics

/// Which columns of a CSV mean what.
public struct ClaimLayout: Sendable, Equatable {
    /// No title is longer; UUIDs and tokens are.
    private static let longestTitle = 32

    /// `imei,uuid,token,time`: what the nRF Cloud utilities write, without a header.
    public static let utilities = ClaimLayout(
        places: [.imei: 0, .uuid: 1, .token: 2, .time: 3], counts: 4...4, named: "imei,uuid,token,time")
    /// `token` or `token,tags`: what the service takes.
    public static let body = ClaimLayout(
        places: [.token: 0, .tags: 1], counts: 1...2, named: "token or token,tags")

    private let places: [ClaimField: Int]
    private let counts: ClosedRange<Int>
    private let named: String
    /// Why no row under this header can be used.
    private let problem: ClaimFinding?

    private var delimiter = CSVDelimiter.comma

    /// The columns whose titles say that a UUID in them is of something else than a device.
    public private(set) var others: Set<Int> = []

    private init(
        places: [ClaimField: Int], counts: ClosedRange<Int>, named: String, problem: ClaimFinding? = nil
    ) {
        self.places = places
        self.counts = counts
        self.named = named
        self.problem = problem
    }

    /// The layout that a header names, in any order; nil when the record is a row.
    ///
    /// A header that names no token column, or one column twice, gives a layout under which every row is malformed
    /// for that reason.
    /// - Parameter isFirst: whether the record begins its file; a header further down has to name the token column.
    public init?(header record: CSVRecord, isFirst: Bool = true) {
        guard record.raw.count <= (Self.longestTitle + 8) * record.count else { return nil }
        let fields = record.fields
        var places: [ClaimField: Int] = [:]
        var problem: ClaimFinding?
        for (index, title) in fields.enumerated() {
            guard let field = ClaimField(title: title.bytes) else { continue }
            if places[field] != nil {
                problem = ClaimFinding(
                    .csv, "expected one column named \(field.rawValue), found two in the header",
                    column: index + 1, field: field, hint: "remove or rename one of the two columns")
            }
            places[field] = index
        }
        guard !places.isEmpty, isFirst || places[.token] != nil,
            fields.allSatisfy({ $0.bytes.trimmed.count <= Self.longestTitle })
        else { return nil }
        if places[.token] == nil {
            problem = ClaimFinding(
                .csv, "expected a header that names the column token, found none",
                hint: "name the column of the attestation tokens 'token'")
        }
        self.init(
            places: places, counts: record.count...record.count, named: "the header's", problem: problem)
        delimiter = record.delimiter
        others = Set(fields.indices.filter { FieldName.namesSomethingElse(fields[$0].bytes) })
    }

    /// The layout of a file without a header, from its first record.
    public static func inferred(from record: CSVRecord) -> ClaimLayout {
        var layout = utilities
        if record.count <= 2, let first = record[0], first.bytes.trimmed.looksLikeToken { layout = body }
        layout.delimiter = record.delimiter
        return layout
    }

    /// Whether it is `token` or `token,tags`, without a header.
    public var isBody: Bool { places == Self.body.places && counts == Self.body.counts }

    /// Whether every row is malformed because of the header; its line is then reported as one of them.
    public var isUnusable: Bool { problem != nil }

    /// The row that a record is.
    public func row(_ record: CSVRecord) -> ClaimRow {
        if let problem { return ClaimRow(line: record.line, raw: record.raw[...], finding: problem) }
        if let finding = shapeFinding(record) {
            return ClaimRow(line: record.line, raw: record.raw[...], finding: finding)
        }
        var row = ClaimRow(line: record.line, raw: record.raw[...])
        for (field, index) in places {
            if let value = record[index] { row[field] = ClaimRow.Cell(value.bytes, column: index + 1) }
        }
        return row
    }

    /// The row of a record that is no CSV.
    public func row(_ error: CSVError, raw: [UInt8]) -> ClaimRow {
        let place = error.line == error.recordLine ? "" : "line \(error.line), "
        let field = places.first { $0.value == error.field - 1 }?.key
        if [.strayQuote, .textBehindQuote].contains(error.reason), let finding = otherDelimiter(raw[...]) {
            return ClaimRow(line: error.recordLine, raw: raw[...], finding: finding)
        }
        return ClaimRow(
            line: error.recordLine, raw: raw[...],
            finding: ClaimFinding(
                .csv, "\(error.message) (\(place)character \(error.column))", column: error.field,
                field: field,
                hint: Self.hint(error.reason)))
    }

    private func shapeFinding(_ record: CSVRecord) -> ClaimFinding? {
        if record.count == 1 || !counts.contains(record.count), let finding = otherDelimiter(record.raw[...])
        {
            return finding
        }
        if counts.contains(record.count) { return nil }
        if record.count < counts.lowerBound {
            return ClaimFinding(
                .csv, "row too short: expected \(expected) columns, found \(record.count)",
                column: record.count,
                hint: "complete the row, or put a header before it that names the columns there are")
        }
        // Spreadsheets add empty columns at the end; they say nothing.
        let extra = (counts.upperBound..<record.count).first { record[$0]?.bytes.isEmpty == false }
        return extra.map { index in
            ClaimFinding(
                .csv, "row too long: expected \(expected) columns, found \(record.count)", column: index + 1,
                hint:
                    "put the field that holds a \(delimiter.name) in quotation marks, or remove the extra columns"
            )
        }
    }

    /// Names another delimiter in a row that does not have its columns.
    private func otherDelimiter(_ raw: ArraySlice<UInt8>) -> ClaimFinding? {
        guard let failure = delimiter.failure(in: raw), let hint = failure.hint else { return nil }
        return ClaimFinding(failure.code, failure.message, column: 1, hint: hint)
    }

    private var expected: String {
        counts.lowerBound == counts.upperBound
            ? "\(counts.upperBound) (\(named))" : "\(counts.lowerBound) to \(counts.upperBound) (\(named))"
    }

    private static func hint(_ reason: CSVError.Reason) -> Hint {
        switch reason {
        case .strayQuote: "put the field in quotation marks and double the ones inside it"
        case .textBehindQuote: "double the quotation marks inside the field"
        case .unterminatedQuote: "close the quotation marks of the field"
        case .loneCarriageReturn: "save the file with LF or CRLF line ends"
        case .nul, .invalidUTF8: "save the file as UTF-8 text"
        case .fieldTooLong, .recordTooLong:
            "look for quotation marks that were never closed, or for a wrong file"
        case .tooManyFields: "look for line ends that were lost"
        }
    }
}
