import Batches
import Claims
import Diagnostics
import JSON

/// A claim row between its examination and its result, which depends on the rows before it.
struct JudgedRow: Report {
    enum Content: Sendable {
        /// A row, and the line for the service's body where one is made. In a box: it is large, and handed on often.
        indirect case claim(ExaminedClaim, line: ArraySlice<UInt8>)
        /// More bytes of the row before it, which is too long to be had in one piece.
        case rest([UInt8])
        case unreadable(ToolError)
    }

    /// The number of the source, from 0.
    let source: Int
    let shape: RejectShape
    let content: Content
    private(set) var outcome: Outcome
    private var code: ErrorCode?
    /// The result as it was rendered on the worker's thread, as if no row were a duplicate.
    let rendered: ArraySlice<UInt8>
    /// The result where it is another one, or could not be rendered before.
    var report: ClaimReport?

    init(_ chunk: ClaimChunk, _ claim: ExaminedClaim, line: ArraySlice<UInt8>, rendered: ArraySlice<UInt8>) {
        source = chunk.source
        shape = chunk.shape
        content = .claim(claim, line: line)
        self.rendered = rendered
        outcome =
            switch claim.status {
            case .ready: .good
            case .malformed: .malformed
            case .duplicate, .rejected, .claimed, .existing, .failed, .unknown: .rejected
            }
        code = claim.findings.first?.failure.code
    }

    init(_ chunk: ClaimChunk, unreadable error: ToolError) {
        source = chunk.source
        shape = chunk.shape
        content = .unreadable(error)
        rendered = []
        outcome = Outcome(ofSource: error)
        code = error.code
    }

    init(_ chunk: ClaimChunk, rest bytes: [UInt8]) {
        source = chunk.source
        shape = chunk.shape
        content = .rest(bytes)
        rendered = []
        outcome = .continuation
    }

    /// The device of the row was in an earlier one.
    mutating func becomeDuplicate(_ report: ClaimReport) {
        self.report = report
        outcome = .rejected
        code = .duplicateDevice
    }

    var reason: String? { code?.rawValue }

    var text: [UInt8] { report?.text ?? Array(rendered) }

    func write(json writer: inout JSONWriter) {
        if let report { report.write(json: &writer) } else { writer.lines(rendered) }
    }
}
