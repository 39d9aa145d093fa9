public import Diagnostics

/// Why one record of a CSV text was not accepted, and where.
public struct CSVError: Error, Sendable, Equatable {
    /// The kind of trouble.
    public enum Reason: Sendable {
        /// A quotation mark inside a field that did not begin with one.
        case strayQuote
        /// Something other than a comma or the end of the line after a closing quotation mark.
        case textBehindQuote
        case unterminatedQuote
        /// A carriage return without a line feed, outside quotation marks.
        case loneCarriageReturn
        case nul
        case invalidUTF8
        case fieldTooLong
        case recordTooLong
        case tooManyFields
    }

    public let reason: Reason
    /// Lower case, without text of the input.
    public let message: String
    /// The 1-based line on which the record begins.
    public let recordLine: Int
    /// The 1-based line of the trouble.
    public let line: Int
    /// 1-based, in characters.
    public let column: Int
    /// The 1-based number of the field.
    public let field: Int

    public init(reason: Reason, message: String, recordLine: Int, line: Int, column: Int, field: Int) {
        self.reason = reason
        self.message = message
        self.recordLine = recordLine
        self.line = line
        self.column = column
        self.field = field
    }

    /// The error as it is shown, with the place as context.
    public var toolError: ToolError {
        ToolError(
            .csv, message,
            context: [ToolError.Context("position", "line \(line), column \(column), field \(field)")])
    }
}

/// What a reader takes before it calls a record malformed: bounds on the memory that an input can cost.
public struct CSVLimits: Sendable {
    /// 1 MiB a field, 4 MiB a record, 10,000 fields.
    public static let standard = CSVLimits()

    /// Bytes of one field as written, quotation marks not counted.
    public var fieldBytes: Int
    /// Bytes of one record as written, at most 1 GiB.
    public var recordBytes: Int
    public var fields: Int

    public init(fieldBytes: Int = 1024 * 1024, recordBytes: Int = 4 * 1024 * 1024, fields: Int = 10_000) {
        self.fieldBytes = fieldBytes
        // Offsets into a record are kept in 32 bits.
        self.recordBytes = min(recordBytes, 1 << 30)
        self.fields = fields
    }
}
