import Batches
import DeviceIdentity
import Diagnostics
import JSON
import Ledger
import PKIX
import Store

/// What became of one certificate that was to be revoked, `assay.revocation/1`.
struct RevocationReport {
    let location: InputLocation
    /// The serial as given, or as found for a device.
    let serial: CertificateSerial?
    let outcome: RevocationOutcome
    /// What was revoked with it, because it has the same compromised key.
    var others: [IssuanceRecord] = []
    /// Why the input leads to no certificate of the CA, where that was known without the ledger's answer.
    var problem: RevocationTarget.Problem?

    private var record: IssuanceRecord? {
        switch outcome {
        case .revoked(let record), .existing(let record): record
        case .rejected: nil
        }
    }

    private var status: String {
        switch outcome {
        case .revoked: "revoked"
        case .existing: "existing"
        case .rejected: "rejected"
        }
    }

    private var failures: [CheckFailure] {
        if case .rejected(let failure) = outcome { return [failure] }
        return []
    }

    func count(in tally: inout Tally) {
        let reason = failures.first?.code.rawValue
        switch (outcome, problem) {
        case (.revoked, _), (.existing, _): tally.count(.good)
        case (.rejected, .malformed?): tally.count(.malformed, reason)
        case (.rejected, .unreadable?): tally.count(.unreadable, reason)
        case (.rejected, _): tally.count(.rejected, reason)
        }
    }

    func write(json writer: inout JSONWriter) {
        writer.beginResult("assay.revocation/1", location)
        writer.member("status", status)
        if let serial {
            writer.member("serial", serial.description)
        }
        if let record {
            if let device = record.device {
                writer.member("deviceUuid", device.description)
            }
            writer.member("subject", record.subject)
            if let at = record.revokedAt, let code = record.reason.flatMap({ UInt8(exactly: $0) }) {
                writer.member("revokedAt", Timestamp.clamped(at))
                writer.member("reason", RevocationReason(rawValue: code)?.name ?? "unknown")
            }
        }
        if !others.isEmpty { Self.write(others, &writer) }
        writer.endResult(failures)
    }

    private static func write(_ others: [IssuanceRecord], _ writer: inout JSONWriter) {
        writer.key("alsoRevoked")
        writer.beginArray()
        for other in others {
            writer.beginObject()
            writer.member("serial", hex: other.serial)
            writer.member("subject", other.subject)
            writer.member("profile", other.profile)
            writer.member("authority", hex: other.authority)
            writer.member("issued", other.certificate != nil)
            writer.endObject()
        }
        writer.endArray()
    }

    /// One line: serial and status; one more for each that went with it.
    var line: [UInt8] {
        var text = "\(serial?.description ?? "-") \(status)\n"
        for other in others { text += "\(Hex.encode(other.serial)) revoked (same key)\n" }
        return Array(text.utf8)
    }

    /// For people; `nil` when there is nothing wrong.
    var error: ToolError? {
        failures.first.map {
            var hint: Hint?
            if case .unreadable(let error)? = problem { hint = error.hint }
            return ToolError(
                $0.code, $0.message.escapedForTerminal,
                context: [.init("file", "\(location.source.escapedForTerminal):\(location.line)")], hint: hint
            )
        }
    }
}
