public import Diagnostics
public import JSON

/// The result for one input.
public protocol Report: Sendable {
    var outcome: Outcome { get }
    /// The code of why it is not good, which the summary counts; nil for a good one.
    var reason: String? { get }
    /// Writes the result as one JSON object with its line end.
    func write(json writer: inout JSONWriter)
    /// The result for people; empty where there is nothing to say or ``complaint`` says it.
    var text: [UInt8] { get }
    /// In text form: what is said on standard error instead of a result.
    var complaint: ToolError? { get }
    /// In text form: what is said on standard error beside the result.
    var notes: [String] { get }
    /// How much of this result the closing note of the run is about, such as the tokens that were withheld.
    var remarks: Int { get }
}

extension Report {
    public var complaint: ToolError? { nil }
    public var notes: [String] { [] }
    public var remarks: Int { 0 }
}
