import Batches
import DeviceIdentity
import Diagnostics
import JSON
import Registry

/// Decodes the rows of an import. One per thread.
final class ImportJudge: Judge {
    private let reader: RegistrationReader
    private let tellsAll: Bool

    /// - Parameter tellsAll: whether people get a line for each row, not only for those that are not good.
    init(_ reader: RegistrationReader, tellsAll: Bool) {
        self.reader = reader
        self.tellsAll = tellsAll
    }

    func judge(_ chunk: RegistrationChunk, _ results: inout Results<ImportedRow>) {
        if case .unreadable(let error) = chunk.content {
            let row = ImportedRow(
                location: InputLocation(chunk.source, line: 1),
                content: .failure(RowError(error.code, error.message)), sourceError: error,
                tellsAll: tellsAll)
            results.add(row, ofSource: error)
        }
        for (location, content) in chunk.rows(reader) {
            results.add(ImportedRow(location: location, content: content, tellsAll: tellsAll))
        }
    }
}

/// A row of an import on its way into the registry.
struct ImportedRow: Report {
    let location: InputLocation
    let content: Result<Registration, RowError>
    /// Why the source itself could not be read, or not to its end.
    var sourceError: ToolError?
    let tellsAll: Bool
    /// What the registry did with it.
    var registered: RegistrationOutcome?

    var registration: RegistrationReport {
        switch content {
        case .success(let registration):
            RegistrationReport(
                location: location, device: registration.uuid, outcome: registered ?? .unchanged)
        case .failure(let error):
            RegistrationReport(location: location, device: nil, outcome: .rejected(error.failure))
        }
    }

    /// What became of it, as results call it.
    var status: String {
        switch content {
        case .success: (registered ?? .unchanged).name
        case .failure: "rejected"
        }
    }

    private var failure: CheckFailure? {
        switch (content, registered) {
        case (.failure(let error), _): error.failure
        case (.success, .rejected(let failure)?): failure
        case (.success, _): nil
        }
    }

    var outcome: Outcome {
        if let sourceError { return Outcome(ofSource: sourceError) }
        guard let failure else { return .good }
        // A key of another kind or a token of another device was read, and is not taken.
        guard case .failure = content, failure.code.exitStatus == .malformed else { return .rejected }
        return .malformed
    }

    var reason: String? { failure?.code.rawValue }

    func write(json writer: inout JSONWriter) { registration.write(json: &writer) }

    var text: [UInt8] { tellsAll && sourceError == nil ? registration.rendered(json: false) : [] }

    var complaint: ToolError? {
        guard sourceError == nil, let failure else { return nil }
        return ToolError(failure.code, failure.message)
            .at("file", "\(location.source.escapedForTerminal):\(location.line)")
    }
}
