import Batches
import Diagnostics
import JSON
import ProvisioningCommands

/// The batch of one record, or why there is none.
struct CompositionReport: Report {
    enum Content: Sendable {
        case batch(CommandBatch)
        case skipped(ToolError)
        case malformed(ToolError)
    }

    let location: InputLocation
    let content: Content

    var outcome: Outcome {
        switch content {
        case .batch: .good
        case .skipped: .rejected
        case .malformed: .malformed
        }
    }

    private var error: ToolError? {
        switch content {
        case .batch: nil
        case .skipped(let error), .malformed(let error): error
        }
    }

    var reason: String? { error?.code.rawValue }

    var complaint: ToolError? {
        error?.at("file", "\(location.source.escapedForTerminal):\(location.line)")
    }

    /// A batch is a document for programs in either form.
    var text: [UInt8] {
        if case .batch(let batch) = content { batch.json.compact() + [0x0a] } else { [] }
    }

    func write(json writer: inout JSONWriter) { writer.lines(text) }
}
