import Batches
import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands

/// What a device receives for one batch, `assay.encoded-batch/1`, or why it cannot be had.
struct EncodingReport: Report {
    enum Content: Sendable {
        case encoded(BatchEncoding, device: DeviceUUID?)
        case refused(ToolError)
        case malformed(ToolError)
        /// The source itself could not be read, which is said for all of it.
        case unreadable(ToolError)
    }

    let location: InputLocation
    let content: Content
    /// Whether text is hexadecimal rather than the bytes themselves.
    var isHexadecimal = true

    var outcome: Outcome {
        switch content {
        case .encoded: .good
        case .refused: .rejected
        case .malformed: .malformed
        case .unreadable(let error): Outcome(ofSource: error)
        }
    }

    private var error: ToolError? {
        switch content {
        case .encoded: nil
        case .refused(let error), .malformed(let error), .unreadable(let error): error
        }
    }

    var reason: String? { error?.code.rawValue }

    // MARK: Text

    private var place: String { "\(location.source.escapedForTerminal):\(location.line)" }

    var text: [UInt8] {
        guard case .encoded(let encoding, _) = content else { return [] }
        return isHexadecimal ? Array(Hex.encode(encoding.cbor).utf8) + [0x0a] : encoding.cbor
    }

    var complaint: ToolError? {
        if case .unreadable = content { return nil }
        return error?.at("file", place)
    }

    var notes: [String] {
        guard case .encoded(let encoding, _) = content else { return [] }
        return encoding.findings.map {
            "assay: \($0.severity.rawValue): \(place): \($0.path): " + $0.message.escapedForTerminal
        }
    }

    // MARK: JSON

    private var status: StaticString {
        switch content {
        case .encoded: "encoded"
        case .refused: "rejected"
        case .malformed, .unreadable: "malformed"
        }
    }

    func write(json writer: inout JSONWriter) {
        writer.beginResult("assay.encoded-batch/1", location)
        writer.member("status", ascii: status)
        if case .encoded(let encoding, let device) = content {
            Self.write(encoding, device, &writer)
        } else if let error {
            writer.key("failures")
            writer.failures([CheckFailure(error.code, error.message)])
        }
        writer.endObject()
        writer.newline()
    }

    private static func write(_ encoding: BatchEncoding, _ device: DeviceUUID?, _ writer: inout JSONWriter) {
        if let device {
            writer.member("deviceUuid", device.description)
        }
        writer.key("correlationIds")
        writer.beginArray()
        for id in encoding.correlationIDs { writer.string(id) }
        writer.endArray()
        let cbor = encoding.cbor
        writer.member("records", Int64(encoding.records.count))
        writer.member("size", Int64(cbor.count))
        writer.member("cbor", hex: cbor)
        writer.key("findings")
        writer.beginArray()
        for finding in encoding.findings { finding.write(to: &writer) }
        writer.endArray()
    }
}
