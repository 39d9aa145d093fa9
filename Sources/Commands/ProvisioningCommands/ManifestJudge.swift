import Batches
import Diagnostics
import InputOutput
import Intake
import JSON
import ProvisioningCommands

/// Makes the batch of each record. One per thread.
final class ManifestJudge: Judge {
    private let manifest: CommandManifest
    private let descriptions: CommandDescriptions
    private let source: SourceName

    /// - Parameter path: the file of the records.
    init(_ manifest: CommandManifest, _ descriptions: CommandDescriptions, path: String) {
        source = SourceName(path)
        self.manifest = manifest
        self.descriptions = descriptions
    }

    func judge(_ lines: LineChunk, _ results: inout Results<CompositionReport>) {
        lines.forEachLine { line, number in
            if line.allSatisfy(\.isBlank) { return true }
            return results.add(
                CompositionReport(location: InputLocation(source, line: number), content: content(line)))
        }
    }

    private func content(_ text: ArraySlice<UInt8>) -> CompositionReport.Content {
        do throws(ToolError) {
            let record = try JSONLine.parse(text)
            switch try manifest.batch(fromIssuance: record) {
            case .batch(var batch):
                batch.commands = try descriptions.apply(to: batch.commands)
                return .batch(batch)
            case .skipped(let device, let reason):
                let name = device.map { "device \($0.escapedForTerminal)" } ?? "a record"
                return .skipped(
                    ToolError(Self.code(of: record), "skipped \(name): \(reason.escapedForTerminal)"))
            }
        } catch {
            return .malformed(error)
        }
    }

    /// The reason code that the record gives for having no certificate.
    private static func code(of record: JSONValue) -> ErrorCode {
        let text = record["failures"]?.arrayValue?.first?["code"]?.stringValue
        return text.flatMap { ErrorCode(rawValue: $0) } ?? .command
    }
}
