import Batches
import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands

/// Encodes each batch as its device gets it. One per thread.
final class EncodingJudge: Judge {
    private let uuid: DeviceUUID?
    private let first: UInt32
    private let isHexadecimal: Bool

    /// - Parameters:
    ///   - uuid: that of all correlation ids; random for each batch when nil.
    ///   - first: the counter of the first command of each batch.
    ///   - isHexadecimal: whether text is hexadecimal rather than the bytes themselves.
    init(uuid: DeviceUUID?, first: UInt32, isHexadecimal: Bool) {
        self.uuid = uuid
        self.first = first
        self.isHexadecimal = isHexadecimal
    }

    func judge(_ chunk: BatchChunk, _ results: inout Results<EncodingReport>) {
        if case .unreadable(let error) = chunk.content {
            let location = InputLocation(chunk.source, line: 1)
            results.add(EncodingReport(location: location, content: .unreadable(error)), ofSource: error)
            return
        }
        chunk.forEachDocument { document, location in
            results.add(
                EncodingReport(location: location, content: content(document), isHexadecimal: isHexadecimal))
        }
    }

    private func content(_ document: Result<JSONValue, ToolError>) -> EncodingReport.Content {
        do throws(ToolError) {
            let document = try document.get()
            switch try BatchEncoding.encode(document, series: try series()) {
            case .success(let encoding):
                let device = document["deviceUuid"]?.stringValue.flatMap { try? DeviceUUID(text: $0) }
                return .encoded(encoding, device: device)
            case .failure(let finding): return .refused(finding.toolError)
            }
        } catch {
            // Refused is also a counter that ran out.
            return error.exitStatus == .rejected ? .refused(error) : .malformed(error)
        }
    }

    private func series() throws(ToolError) -> CorrelationSeries {
        if let uuid { return CorrelationSeries(uuid: uuid, first: first) }
        return CorrelationSeries(uuid: try RandomUUID.make(), first: first)
    }
}
