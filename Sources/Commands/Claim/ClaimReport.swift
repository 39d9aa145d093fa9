import CSV
package import Claims
import CommandLineSupport
import DeviceIdentity
package import Diagnostics
package import JSON

/// The result for one row, `assay.claim/1`.
package struct ClaimReport: Sendable {
    /// The source and whether it is named, which it is when there are several.
    let source: SourceName
    let namesSource: Bool
    let line: Int
    let device: DeviceUUID?
    let fingerprint: UInt32
    package private(set) var status: ClaimStatus
    private(set) var message: String
    private(set) var findings: [ClaimFinding]

    init(_ claim: ExaminedClaim, source: SourceName, namesSource: Bool, message: String? = nil) {
        self.source = source
        self.namesSource = namesSource
        line = claim.line
        device = claim.device
        fingerprint = claim.fingerprint
        status = claim.status
        findings = claim.findings
        self.message = message ?? claim.message
    }

    /// A row whose device was seen before.
    init(_ claim: ExaminedClaim, duplicateOf finding: ClaimFinding, source: SourceName, namesSource: Bool) {
        self.source = source
        self.namesSource = namesSource
        line = claim.line
        device = claim.device
        fingerprint = claim.fingerprint
        status = .duplicate
        findings = [finding]
        message = finding.shownMessage
    }

    /// The same row after it was sent.
    package mutating func become(
        _ status: ClaimStatus, _ message: String, failure code: ErrorCode? = nil, hint: Hint = ""
    ) {
        self.status = status
        self.message = message.withheld
        findings = code.map { [ClaimFinding(.rejected, $0, message, hint: hint)] } ?? []
    }

    /// A source that could not be read.
    init(unreadable error: ToolError, source: SourceName, namesSource: Bool) {
        self.source = source
        self.namesSource = namesSource
        line = 1
        device = nil
        fingerprint = 0
        status = .malformed
        findings = [
            ClaimFinding(.malformed, error.code, error.message, hint: error.hint ?? "check the file")
        ]
        message = error.message.withheld
    }

    /// Why the row is not good.
    var reason: ErrorCode? { findings.first?.failure.code }

    package func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("schema", ascii: "assay.claim/1")
        if namesSource {
            writer.key("input")
            writer.location(source, line)
        }
        writer.member("row", Int64(line))
        if let device {
            writer.member("deviceUuid", device.description)
        }
        writer.member("status", status.rawValue)
        writer.member("message", message)
        writer.key("failures")
        writer.beginArray()
        for finding in findings { Self.write(finding, &writer) }
        writer.endArray()
        writer.endObject()
        writer.newline()
    }

    private static func write(_ finding: ClaimFinding, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", finding.failure.code.rawValue)
        writer.member("message", finding.shownMessage)
        if let column = finding.column {
            writer.member("column", Int64(column))
        }
        if let field = finding.field {
            writer.member("field", field.rawValue)
        }
        writer.member("hint", finding.hint.commandLine)
        writer.endObject()
    }

    /// One line for each finding: `tokens.csv:17: malformed csv, column 1 (imei): …; …`.
    package var text: [UInt8] {
        let place = "\(source.text):\(line): \(status.rawValue)"
        if findings.isEmpty {
            let name = device.map { " \($0)" } ?? ""
            return Array("\(place)\(name) (token \(hexFingerprint)): \(message)\n".escapedLine.utf8)
        }
        var lines: [UInt8] = []
        for finding in findings {
            let column =
                switch (finding.column, finding.field) {
                case (let column?, let field?): ", column \(column) (\(field.rawValue))"
                case (let column?, nil): ", column \(column)"
                case (nil, let field?): ", \(field.rawValue)"
                case (nil, nil): ""
                }
            let line =
                "\(place) \(finding.failure.code.rawValue)\(column): \(finding.shownMessage); \(finding.hint.commandLine)\n"
            lines += line.escapedLine.utf8
        }
        return lines
    }

    static let reportHeader = [
        "source", "row", "deviceUuid", "status", "code", "column", "field", "message", "hint",
    ]

    /// One record for each finding, or one for a row without any, under ``reportHeader``.
    func write(csv writer: inout CSVWriter) {
        let start = [source.text, String(line), device?.description ?? "", status.rawValue]
        if findings.isEmpty { writer.record(start + ["", "", "", message, ""]) }
        for finding in findings {
            writer.record(
                start + [
                    finding.failure.code.rawValue, finding.column.map { String($0) } ?? "",
                    finding.field?.rawValue ?? "", finding.shownMessage, finding.hint.commandLine,
                ])
        }
    }

    private var hexFingerprint: String { Hex.encode(fingerprint.bytes) }
}

extension ClaimFinding {
    /// The message; what it repeats of a cell may be a credential that stands in the wrong column.
    fileprivate var shownMessage: String { failure.message.withheld }
}

extension UInt32 {
    /// Big-endian.
    var bytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> UInt32($0)) } }
}

extension ExaminedClaim {
    /// A short sentence; for a row that is not ready, the most telling finding.
    var message: String {
        if let first = findings.first { return first.shownMessage }
        var text = "ready to claim"
        switch verification {
        case .notAsked: break
        case .verified: text += ", verified"
        case .noKey: text += ", not verified: no identity key is known for the device"
        case .observedKey: text += ", not verified: the device's key is observed only"
        }
        if let tags, !tags.unusual.isEmpty {
            text +=
                "; the service may refuse the characters in "
                + tags.unusual.map { "'\($0.withheld)'" }.joined(separator: ", ")
        }
        return text
    }
}

extension String {
    /// Escaped for a terminal, its last line feed kept.
    fileprivate var escapedLine: String { String(dropLast()).escapedForTerminal + "\n" }
}
