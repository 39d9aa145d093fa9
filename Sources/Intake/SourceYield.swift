public import Diagnostics

/// Whether a source gave any input so far, and what the modem said where it gave none: a source that is read to its end
/// without one has to say so.
public struct SourceYield: Sendable {
    private var hasYielded = false
    private var refusal: ModemRefusal?

    public init() {}

    /// Notes what came of a block; both are asked for until there is an input.
    public mutating func note(
        holds: @autoclosure () -> Bool, refusal found: @autoclosure () -> ModemRefusal? = nil
    ) {
        if hasYielded { return }
        hasYielded = holds()
        if !hasYielded, refusal == nil { refusal = found() }
    }

    /// The source is done with, whatever came of it.
    public mutating func reset() { self = SourceYield() }

    /// Ends the source.
    ///
    /// - Parameter isOneOfSeveral: whether a source without an input has a result of its own; the end of the run says it
    ///   of a single one.
    /// - Throws: `modem-error` where the modem refused, else the code of what is expected.
    public mutating func end(
        _ expected: Expectation, in name: String, isOneOfSeveral: Bool
    ) throws(ToolError) {
        defer { reset() }
        if hasYielded { return }
        if let refusal { throw refusal.error(expected, in: name) }
        if isOneOfSeveral { throw expected.none(in: name) }
    }
}
