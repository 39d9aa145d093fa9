import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands

/// The result for one batch, `assay.validation/1`.
struct ValidationReport {
    enum Status: String {
        case valid, invalid, malformed
    }

    let location: InputLocation
    let status: Status
    var device: DeviceUUID?
    var commands = 0
    let findings: [BatchFinding]

    /// What could not be read as a batch at all.
    init(malformed error: ToolError, at location: InputLocation) {
        self.location = location
        status = .malformed
        findings = [BatchFinding(.error, error.code, .root, error.message)]
    }

    init(
        _ report: BatchReport, _ findings: [BatchFinding], isStrict: Bool, at location: InputLocation
    ) {
        self.location = location
        let isRefused = findings.contains { $0.severity == .error || (isStrict && $0.severity == .warning) }
        status = report.form == nil ? .malformed : isRefused ? .invalid : .valid
        device = report.deviceUUID
        commands = report.commandCount
        self.findings = findings
    }

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.validation/1")
        writer.input(location)
        if let device {
            writer.key("deviceUuid")
            writer.string(device.description)
        }
        writer.key("status")
        writer.string(status.rawValue)
        writer.key("commands")
        writer.integer(Int64(commands))
        writer.key("findings")
        writer.beginArray()
        for finding in findings { finding.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        writer.newline()
    }

    var text: [UInt8] {
        var block = TextBlock()
        block.line("input", "\(location.source):\(location.line)")
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
