public import Diagnostics
public import InputOutput
public import Intake

/// The inputs of a run as a sequence of chunks; memory does not grow with their number.
public protocol ChunkSource<Chunk> {
    associatedtype Chunk: Sendable

    mutating func next(_ demand: InputDemand) throws(ToolError) -> Arrival<Chunk>

    /// Has the inputs measured, so that the time left can be estimated; only asked where somebody watches.
    mutating func measure()
    /// How much was read; nil where nobody knows how much there is.
    var meter: InputMeter? { get }
    /// What was passed over, for the end of the summary.
    var passedOver: PassedOver { get }
}

extension ChunkSource {
    public mutating func measure() {}
    public var meter: InputMeter? { nil }
    public var passedOver: PassedOver { PassedOver() }
}

/// Chunks of the files, folders, lists and arguments of a queue.
public protocol QueuedSource: ChunkSource {
    var inputs: InputQueue { get set }
}

extension QueuedSource {
    public mutating func measure() { inputs.measure() }
    public var meter: InputMeter? { inputs.meter }
    public var passedOver: PassedOver { inputs.passedOver }
}
