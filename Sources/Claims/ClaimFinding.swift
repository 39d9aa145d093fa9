import DeviceIdentity
public import Diagnostics

/// What a field of a claim row means.
public enum ClaimField: String, Sendable, Hashable, CaseIterable {
    case imei, uuid, token, time, tags

    /// The field that a column or a JSON member of this name holds; case, spaces and punctuation do not matter.
    init?(title: ArraySlice<UInt8>) {
        switch FieldName(title: title) {
        case .imei: self = .imei
        case .uuid: self = .uuid
        case .token: self = .token
        case .time: self = .time
        case .tags: self = .tags
        default: return nil
        }
    }
}

/// One thing that is wrong with a row: where, why, and what to do about it.
public struct ClaimFinding: Error, Sendable, Equatable {
    /// What a finding makes of its row.
    public enum Severity: Sendable {
        /// A field cannot be read as what it should be.
        case malformed
        /// It can be read, and the answer is no.
        case rejected
    }

    public let severity: Severity
    public let failure: CheckFailure
    /// The 1-based number of the field in its record; nil where there are no columns.
    public let column: Int?
    public let field: ClaimField?
    /// What to do, lower case, one sentence without a full stop.
    public let hint: Hint

    public init(
        _ severity: Severity, _ code: ErrorCode, _ message: String, column: Int? = nil,
        field: ClaimField? = nil, hint: Hint
    ) {
        self.severity = severity
        failure = CheckFailure(code, message)
        self.column = column
        self.field = field
        self.hint = hint
    }

    /// A finding that makes its row malformed.
    init(_ code: ErrorCode, _ message: String, column: Int? = nil, field: ClaimField? = nil, hint: Hint) {
        self.init(.malformed, code, message, column: column, field: field, hint: hint)
    }

    func at(column: Int?, field: ClaimField) -> ClaimFinding {
        ClaimFinding(
            severity, failure.code, failure.message, column: column ?? self.column, field: field, hint: hint)
    }
}

/// What is known of a row; the `status` of results.
public enum ClaimStatus: String, Sendable, CaseIterable {
    case ready, duplicate, malformed, rejected, claimed, existing, failed, unknown
}
