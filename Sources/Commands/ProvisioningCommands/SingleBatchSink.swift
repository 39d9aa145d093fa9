import Batches
import Diagnostics
import InputOutput

/// Bytes of one batch, which go out when it is certain that there is no second: two in a row could not be told apart.
final class SingleBatchSink: ByteSink {
    private let sink: any ByteSink
    private var held: [UInt8] = []
    private var batches = 0

    init(_ sink: any ByteSink) { self.sink = sink }

    /// Counts the batches; throws `usage` for a second.
    var settlement: Settlement<EncodingReport> {
        Settlement { [self] reports throws(ToolError) in
            batches += reports.count { $0.outcome == .good }
            guard batches <= 1 else {
                throw ToolError(
                    .usage, "expected one batch to write as bytes, found several",
                    hint: "--hex and --json write one a line")
            }
            return true
        }
    }

    func write(_ bytes: [UInt8]) { held += bytes }

    func commit() throws(ToolError) {
        if !held.isEmpty { try sink.write(held) }
        held = []
        try sink.commit()
    }
}
