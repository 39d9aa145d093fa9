import Batches
import Claims
import Diagnostics
import JSON

/// A claim row between its examination and its result, which depends on the rows before it.
struct JudgedRow: Report {
    enum Content: Sendable {
        /// A row, and the line for the service's body where one is made.
        case claim(ExaminedClaim, line: ArraySlice<UInt8>)
        /// More bytes of the row before it, which is too long to be had in one piece.
        case rest([UInt8])
        case unreadable(ToolError)
    }

    /// The number of the source, from 0.
    let source: Int
    let shape: RejectShape
    let content: Content
    /// What the row turned out to be; until then it counts as what it is by itself.
    var status: ClaimStatus?
    /// What is told of it; nil where nothing is.
    var report: ClaimReport?

    init(_ chunk: ClaimChunk, _ content: Content) {
        source = chunk.source
        shape = chunk.shape
        self.content = content
    }

    var outcome: Outcome {
        switch content {
        case .rest: .continuation
        case .unreadable(let error): Outcome(ofSource: error)
        case .claim(let claim, _):
            switch status ?? claim.status {
            case .ready: .good
            case .malformed: .malformed
            case .duplicate, .rejected, .claimed, .existing, .failed, .unknown: .rejected
            }
        }
    }

    var reason: String? {
        switch content {
        case .rest: nil
        case .unreadable(let error): error.code.rawValue
        case .claim(let claim, _):
            status == .duplicate
                ? ErrorCode.duplicateDevice.rawValue : claim.findings.first?.failure.code.rawValue
        }
    }

    var text: [UInt8] { report?.text ?? [] }

    func write(json writer: inout JSONWriter) { report?.write(json: &writer) }
}
