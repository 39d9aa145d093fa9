public import Diagnostics
public import JSON

/// A batch as its device receives it.
public struct BatchEncoding: Sendable {
    /// Commands that the device library takes in one fetch by default.
    static let recordLimit = CommandBatch.deviceDefaultLimit
    /// Bytes that the device library receives at once by default, HTTP headers included; Nordic's sample has 2048.
    static let receiveBuffer = 1024

    /// What the device gets, helper steps included.
    public let records: [DeviceCommand]
    /// The id under which the device reports each command of the batch, in the order of the batch.
    public let correlationIDs: [String]
    /// Everything that the device or the service may not like and that does not forbid the encoding.
    public let findings: [BatchFinding]

    /// The body of the answer to a fetch.
    public var cbor: [UInt8] { DeviceMessage.commands(records).cbor }

    /// Encodes a batch, an array of bodies or a single body.
    ///
    /// Refused is what does not fit a device or the service, by the same rules as ``BatchValidator``: the failure is
    /// the first error that it finds. A missing or early `finished` and other matters of order do not hinder, and
    /// certificates are not decoded. Throws `command` if the document is none of these, and `command-limit` if the
    /// counter grows too large.
    public static func encode(
        _ document: JSONValue, series: CorrelationSeries
    ) throws(ToolError) -> Result<BatchEncoding, BatchFinding> {
        let report = BatchValidator(purpose: .rule).validate(document)
        let isFatal = { (finding: BatchFinding) in
            finding.severity == .error && finding.code != .commandOrder
        }
        if let error = report.findings.first(where: isFatal) {
            guard report.form != nil else { throw error.toolError }
            return .failure(error)
        }
        return .success(
            try BatchEncoding(
                CommandBatch(json: document), CommandDocumentForm(of: document), report.findings, series))
    }

    private init(
        _ batch: CommandBatch, _ form: CommandDocumentForm?, _ found: [BatchFinding],
        _ series: CorrelationSeries
    ) throws(ToolError) {
        var records: [DeviceCommand] = []
        var ids: [String] = []
        var place = 0
        for command in batch.commands {
            var stepIDs: [String] = []
            for _ in command.request.deviceSteps {
                stepIDs.append(try series.id(place))
                place += 1
            }
            records += command.request.deviceCommands(ids: stepIDs)
            ids += stepIDs.suffix(1)
        }
        self.records = records
        correlationIDs = ids
        findings =
            found.map(\.asAdvice) + Self.inferences(batch, form) + Self.sizes(of: records)
    }

    /// Notes on requests whose AT commands no source shows.
    private static func inferences(_ batch: CommandBatch, _ form: CommandDocumentForm?) -> [BatchFinding] {
        batch.commands.enumerated().compactMap { index, command in
            switch command.request.kind {
            case .cloudAccessKeyGeneration, .clientPrivateKey, .preSharedKey: break
            default: return nil
            }
            return BatchFinding(
                .note, .command, CommandDocumentForm.path(ofCommand: index, in: form),
                "that the device gets these AT commands for it is inferred, not documented")
        }
    }

    private static func sizes(of records: [DeviceCommand]) -> [BatchFinding] {
        var findings: [BatchFinding] = []
        if records.count > recordLimit {
            findings.append(
                BatchFinding(
                    .note, .commandLimit, .root,
                    "the device gets \(records.count) commands, helper steps included; it takes \(recordLimit) "
                        + "in one fetch unless built for more"))
        }
        let size = DeviceMessage.commands(records).cbor.count
        if size > receiveBuffer {
            findings.append(
                BatchFinding(
                    .note, .commandLimit, .root,
                    "the encoding has \(size) bytes; a device receives \(receiveBuffer) at once unless built "
                        + "for more"))
        }
        return findings
    }
}

extension BatchFinding {
    /// The finding where it does not decide: errors become warnings.
    fileprivate var asAdvice: BatchFinding {
        severity == .error ? BatchFinding(.warning, code, path: path, message) : self
    }
}
