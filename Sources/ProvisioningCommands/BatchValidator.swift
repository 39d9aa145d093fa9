public import DeviceIdentity
import Diagnostics
public import JSON

/// The result of checking a command document.
public struct BatchReport: Sendable, Equatable {
    /// What the document is; nil if it is no command document at all.
    public let form: CommandDocumentForm?
    public let deviceUUID: DeviceUUID?
    /// Commands in the document, readable or not.
    public let commandCount: Int
    /// Everything found: shape first, then command by command, then what concerns the whole.
    public let findings: [BatchFinding]

    /// Whether nothing found is an error.
    public var isAcceptable: Bool {
        !findings.contains { $0.severity == .error }
    }
}

/// Checks a command document and reports all that is wrong with it, not only the first thing.
public struct BatchValidator: Sendable {
    /// Where the commands are going, which decides whether `finished` is missed.
    public enum Purpose: Sendable {
        /// One device. Without `finished` it ends in AWAITING.
        case device
        /// A provisioning rule, to which the service itself adds `finished` during onboarding.
        case rule
    }

    private let inspector: (any CertificateInspector)?
    private let now: Int64?
    private let deviceKeys: [SecTag: [UInt8]]
    private let purpose: Purpose
    private let bufferSize: Int

    /// A validator.
    ///
    /// - Parameters:
    ///   - inspector: decodes certificates; nil leaves them undecoded.
    ///   - now: seconds since 1970 for validity; nil leaves it unchecked.
    ///   - deviceKeys: DER SubjectPublicKeyInfo of the key that the device holds under a tag, from its CSR.
    ///   - purpose: one device or a rule.
    ///   - bufferSize: bytes of the longest AT line that the device takes.
    public init(
        inspector: (any CertificateInspector)? = nil, now: Int64? = nil,
        deviceKeys: [SecTag: [UInt8]] = [:], purpose: Purpose = .device, bufferSize: Int = 2048
    ) {
        self.inspector = inspector
        self.now = now
        self.deviceKeys = deviceKeys
        self.purpose = purpose
        self.bufferSize = bufferSize
    }

    /// Checks a batch, an array of bodies or a single body.
    public func validate(_ document: JSONValue) -> BatchReport {
        var decoder = BatchDecoder()
        let batch = decoder.batch(document)
        var findings = decoder.findings
        if batch != nil {
            for (command, path) in decoder.commands {
                var check = ContentCheck(
                    inspector: inspector, now: now, deviceKeys: deviceKeys,
                    deviceUUID: decoder.deviceUUID, bufferSize: bufferSize)
                check.run(command.request, path.appending("request").appending(command.request.kind.rawValue))
                findings += check.findings
            }
            var order = OrderCheck(commands: decoder.commands)
            order.run(purpose: purpose, form: CommandDocumentForm(of: document))
            findings += order.findings
            findings += Self.countFindings(decoder.count, in: document)
        }
        return BatchReport(
            form: CommandDocumentForm(of: document), deviceUUID: decoder.deviceUUID,
            commandCount: decoder.count, findings: findings)
    }

    private static func countFindings(_ count: Int, in document: JSONValue) -> [BatchFinding] {
        let path = document.arrayValue == nil ? JSONPath.root.appending("commands") : .root
        if count > CommandBatch.serviceLimit {
            let limit = CommandBatch.serviceLimit
            return [
                BatchFinding(
                    .error, .commandLimit, path,
                    "expected at most \(limit) commands, which is what the service keeps, found \(count)")
            ]
        }
        if count > CommandBatch.deviceDefaultLimit {
            let limit = CommandBatch.deviceDefaultLimit
            return [
                BatchFinding(
                    .warning, .commandLimit, path,
                    "found \(count) commands; a device takes \(limit) in one fetch unless built for more")
            ]
        }
        return []
    }
}
