package import Diagnostics
package import InputOutput
package import Intake

/// The inputs of a run as a sequence of chunks; memory does not grow with their number.
package protocol ChunkSource<Chunk> {
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
    package mutating func measure() {}
    package var meter: InputMeter? { nil }
    package var passedOver: PassedOver { PassedOver() }
}

/// Chunks of the files, folders, lists and arguments of a queue.
package protocol QueuedSource: ChunkSource {
    var inputs: InputQueue { get set }
}

extension QueuedSource {
    package mutating func measure() { inputs.measure() }
    package var meter: InputMeter? { inputs.meter }
    package var passedOver: PassedOver { inputs.passedOver }
}
