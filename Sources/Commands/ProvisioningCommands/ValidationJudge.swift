import Batches
import Diagnostics
import ProvisioningCommands

/// Holds each batch against the rules. One per thread.
final class ValidationJudge: Judge {
    private let check: BatchCheck
    private let isStrict: Bool

    /// - Parameter isStrict: whether warnings make a batch invalid too.
    init(_ check: BatchCheck, isStrict: Bool) {
        self.check = check
        self.isStrict = isStrict
    }

    func judge(_ chunk: BatchChunk, _ results: inout Results<ValidationReport>) {
        if case .unreadable(let error) = chunk.content {
            let location = InputLocation(chunk.source, line: 1)
            results.add(ValidationReport(malformed: error, isSource: true, at: location), ofSource: error)
            return
        }
        chunk.forEachDocument { document, location in
            switch document {
            case .success(let document):
                let (found, findings) = check.report(document)
                return results.add(ValidationReport(found, findings, isStrict: isStrict, at: location))
            case .failure(let error):
                return results.add(ValidationReport(malformed: error, isSource: false, at: location))
            }
        }
    }
}
