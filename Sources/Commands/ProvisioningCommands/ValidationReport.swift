import Batches
import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands

/// The result for one batch, `assay.validation/1`.
struct ValidationReport: Report {
    enum Status: String {
        case valid, invalid, malformed
    }

    let location: InputLocation
    let status: Status
    let outcome: Outcome
    var device: DeviceUUID?
    var commands = 0
    let findings: [BatchFinding]

    /// What could not be read as a batch at all.
    ///
    /// - Parameter isSource: whether the source itself could not be read.
    init(malformed error: ToolError, isSource: Bool, at location: InputLocation) {
        self.location = location
        status = .malformed
        outcome = isSource ? Outcome(ofSource: error) : .malformed
        findings = [BatchFinding(.error, error.code, .root, error.message)]
    }

    init(
        _ report: BatchReport, _ findings: [BatchFinding], isStrict: Bool, at location: InputLocation
    ) {
        self.location = location
        let isRefused = findings.contains { $0.severity == .error || (isStrict && $0.severity == .warning) }
        status = report.form == nil ? .malformed : isRefused ? .invalid : .valid
        outcome =
            switch status {
            case .valid: .good
            case .invalid: .rejected
            case .malformed: .malformed
            }
        device = report.deviceUUID
        commands = report.commandCount
        self.findings = findings
    }

    /// The code of the first finding of the gravest kind.
    var reason: String? {
        (findings.first { $0.severity == .error } ?? findings.first { $0.severity == .warning })?.code
            .rawValue
    }

    func write(json writer: inout JSONWriter) {
        writer.beginResult("assay.validation/1", location)
        if let device {
            writer.member("deviceUuid", device.description)
        }
        writer.member("status", status.rawValue)
        writer.member("commands", Int64(commands))
        writer.key("findings")
        writer.beginArray()
        for finding in findings { finding.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        writer.newline()
    }

    var text: [UInt8] {
        var block = TextBlock(of: location)
        if let device { block.line("device UUID", device.description) }
        block.line("status", status.rawValue)
        block.line("commands", String(commands))
        for finding in findings {
            block.line(
                finding.severity.rawValue, "\(finding.code.rawValue): \(finding.path): \(finding.message)")
        }
        return block.bytes + [0x0a]
    }
}
