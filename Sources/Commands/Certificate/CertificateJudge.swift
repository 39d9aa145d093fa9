import Batches
import Diagnostics
import Intake
import PKIX

/// Gives each certificate of a chunk the result that a verb makes of its DER. One per thread.
final class CertificateJudge<Answer: Report>: Judge {
    private let read: @Sendable ([UInt8], InputLocation) -> Result<Answer, CheckFailure>
    private let malformed: @Sendable (CheckFailure, InputLocation) -> Answer

    /// - Parameter read: the result for a certificate, or why the octets are none.
    /// - Parameter malformed: the result for what is none.
    init(
        read: @escaping @Sendable ([UInt8], InputLocation) -> Result<Answer, CheckFailure>,
        malformed: @escaping @Sendable (CheckFailure, InputLocation) -> Answer
    ) {
        self.read = read
        self.malformed = malformed
    }

    func judge(_ chunk: CertificateChunk, _ results: inout Results<Answer>) {
        for item in chunk.items {
            let goesOn: Bool
            switch item {
            case .unreadable(let error):
                let failure = CheckFailure(error.code, error.message)
                goesOn = results.add(
                    malformed(failure, InputLocation(chunk.source, line: 1)), ofSource: error)
            case .malformed(let line, let failure):
                goesOn = results.add(malformed(failure, InputLocation(chunk.source, line: line)))
            case .der: goesOn = results.add(report(chunk.bytes, chunk, 1))
            case .block(let block):
                do throws(PEMError) {
                    goesOn = results.add(report(try block.decode(in: chunk.bytes), chunk, block.line))
                } catch {
                    let failure = CheckFailure(.pem, error.reason)
                    goesOn = results.add(
                        malformed(failure, InputLocation(chunk.source, line: error.line)))
                }
            }
            guard goesOn else { return }
        }
    }

    private func report(_ der: [UInt8], _ chunk: CertificateChunk, _ line: Int) -> Answer {
        let location = InputLocation(chunk.source, line: line)
        switch read(der, location) {
        case .success(let report): return report
        case .failure(let failure): return malformed(failure, location)
        }
    }
}
