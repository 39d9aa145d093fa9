import Batches
import Diagnostics
import InputOutput
import Intake

/// The records of a manifest: the lines of one file.
struct ManifestSource: ChunkSource {
    private var reader: LineChunkReader
    let meter: InputMeter?
    private let path: String

    /// - Throws: ``ToolError`` with `io` or, for what is no text, `json`.
    init(_ path: String) throws(ToolError) {
        let meter = InputMeter()
        let source = try SourceReader(
            path, for: Expectation(.json, "records of ca issue --json"), meter: meter)
        _ = try source.look()
        reader = LineChunkReader(source.source)
        self.meter = meter
        self.path = path
    }

    mutating func measure() { meter?.total = FileSystem.size(of: path) }

    mutating func next(_ demand: InputDemand) throws(ToolError) -> Arrival<LineChunk> {
        try reader.next(demand)
    }
}
