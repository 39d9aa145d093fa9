import Batches
import CBOR
import Diagnostics
import ProvisioningCommands

/// Decodes what devices receive and answer. One per thread.
final class MessageJudge: Judge {
    private let isDiagnostic: Bool
    private let reveals: Bool
    private let isIndented: Bool

    /// - Parameters:
    ///   - isDiagnostic: whether any CBOR is printed in diagnostic notation.
    ///   - reveals: whether results carry attestation tokens.
    ///   - isIndented: whether a person reads the results at once.
    init(isDiagnostic: Bool, reveals: Bool, isIndented: Bool) {
        self.isDiagnostic = isDiagnostic
        self.reveals = reveals
        self.isIndented = isIndented
    }

    func judge(_ chunk: MessageChunk, _ results: inout Results<MessageReport>) {
        if case .unreadable(let error) = chunk.content {
            let report = MessageReport(
                location: InputLocation(chunk.source, line: 1), size: nil, content: .failure(error),
                isSource: true)
            results.add(report, ofSource: error)
            return
        }
        chunk.forEachMessage { bytes, location in
            do throws(ToolError) {
                let bytes = try bytes.get()
                return results.add(
                    MessageReport(
                        location: location, size: bytes.count, content: try content(bytes),
                        isIndented: isIndented))
            } catch {
                return results.add(
                    MessageReport(location: location, size: nil, content: .failure(error)))
            }
        }
    }

    private func content(_ bytes: [UInt8]) throws(ToolError) -> MessageReport.Content {
        guard isDiagnostic else {
            switch try DeviceMessage(cbor: bytes) {
            case .commands(let commands): return .commands(ReceivedCommand.fold(commands))
            case .responses(let responses):
                return .responses(responses.map { ResponseReport($0, reveals: reveals) })
            }
        }
        do {
            return .diagnostic(try CBORDecoder(.general).decode(bytes).diagnosticNotation)
        } catch {
            throw ToolError(.cbor, error.message)
        }
    }
}
