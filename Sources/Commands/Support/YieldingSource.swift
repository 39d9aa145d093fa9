import Batches
import Diagnostics
import InputOutput
import Intake

/// A queue of sources that counts what each gave: one that is read to its end without an input has to say so.
protocol YieldingSource: QueuedSource {
    associatedtype Open

    static var expected: Expectation { get }
    /// Whether anything that the current source holds was an input.
    var yield: SourceYield { get set }
    var current: Open? { get set }
    /// Of the current source.
    var name: String { get }
}

extension YieldingSource {
    /// Ends the current source, after which the next one is begun.
    ///
    /// - Throws: ``ToolError`` where it gave nothing and that has to be said.
    mutating func endCurrent() throws(ToolError) {
        let name = name
        current = nil
        try yield.end(Self.expected, in: name, isOneOfSeveral: inputs.isSeveral)
    }

    /// Gives the current source up.
    mutating func dropCurrent() {
        current = nil
        yield.reset()
    }
}

/// Such a queue whose blocks say themselves what they hold.
protocol ItemSource: YieldingSource where Chunk: ItemChunk {
    /// The next block of the current source, and its end.
    mutating func advance(_ demand: InputDemand) throws(ToolError) -> Arrival<Chunk>
}

extension ItemSource {
    /// The next block of the current source; nil at its end.
    mutating func nextOfCurrent(_ demand: InputDemand) throws(ToolError) -> Arrival<Chunk>? {
        let arrival = try advance(demand)
        switch arrival {
        case .nothingYet: return arrival
        case .value(let chunk):
            yield.note(holds: chunk.holdsInput, refusal: chunk.refusal)
            // That of a single block is asked for nothing more.
            if current == nil { yield.reset() }
            return arrival
        case .end:
            try endCurrent()
            return nil
        }
    }
}
