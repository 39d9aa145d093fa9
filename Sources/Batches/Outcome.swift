public import Diagnostics

/// What became of one input, as a run counts it.
public enum Outcome: Sendable, Equatable {
    case good, rejected, malformed
    /// An input that could not be read at all: a missing file.
    case unreadable
    /// No input of its own, such as the rest of a line that was too long to be had in one piece: it is not counted.
    case continuation

    /// Of a source that cannot be read, or can be read and is something else.
    public init(ofSource error: ToolError) { self = error.code == .io ? .unreadable : .malformed }
}
