import Batches
import Diagnostics
import InputOutput
import Intake

/// The inputs of `cert verify`: a chunk is the path of one file, which a worker reads.
struct LeafSource: QueuedSource {
    var inputs: InputQueue

    mutating func next(_ demand: InputDemand) -> Arrival<InputQueue.Input> { inputs.next(demand) }
}

/// Judges the first certificate of each file with the others of it. One per thread.
final class LeafJudge: Judge {
    private let chains: ChainJudge
    private let passedOver: PassedOver

    /// - Parameter passedOver: counts what is neither a certificate nor spoils a file.
    init(_ chains: ChainJudge, _ passedOver: PassedOver) {
        self.chains = chains
        self.passedOver = passedOver
    }

    func judge(_ input: InputQueue.Input, _ results: inout Results<CertificateReport>) {
        switch input {
        case .file(let path), .text(let path, _):
            let (report, error) = chains.judge(path: path, passedOver)
            if let error { results.add(report, ofSource: error) } else { results.add(report) }
        case .unreadable(let path, let error):
            let report = CertificateReport(
                location: InputLocation(source: path, line: 1), verdict: .malformed,
                failures: [CheckFailure(error.code, error.message)])
            results.add(report, ofSource: error)
        }
    }
}
