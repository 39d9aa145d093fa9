import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import Ledger
import PKIX
import Store

/// A row of the ledger as results show it, `assay.issuance-record/1`.
struct IssuanceRecordReport {
    let record: IssuanceRecord
    let now: Int64
    /// The serial of the certificate that this one was issued in place of.
    var replaces: [UInt8]?
    /// The serial of the one that was issued in its place.
    var replacedBy: [UInt8]?
    var showsCertificate = false

    /// - Throws: ``ToolError`` when the store cannot be read.
    init(_ record: IssuanceRecord, of ledger: SQLiteStore, at now: Int64) throws(ToolError) {
        self.record = record
        self.now = now
        if let id = record.replaces { replaces = try ledger.serial(ofRow: id) }
    }

    private var status: IssuanceRecord.Status { record.status(at: now) }

    private var reason: String? {
        record.reason.map { code in
            UInt8(exactly: code).flatMap { RevocationReason(rawValue: $0)?.name } ?? "unknown"
        }
    }

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("schema", ascii: "assay.issuance-record/1")
        writer.member("serial", hex: record.serial)
        writer.member("status", status.rawValue)
        if let device = record.device {
            writer.member("deviceUuid", device.description)
        }
        writer.member("subject", record.subject)
        writer.member("profile", record.profile)
        writer.member("authority", hex: record.authority)
        writer.member("notBefore", Timestamp.clamped(record.notBefore))
        writer.member("notAfter", Timestamp.clamped(record.notAfter))
        writer.member("intendedAt", Timestamp.clamped(record.intendedAt))
        if let issuedAt = record.issuedAt {
            writer.member("issuedAt", Timestamp.clamped(issuedAt))
        }
        if let revokedAt = record.revokedAt, let reason {
            writer.member("revokedAt", Timestamp.clamped(revokedAt))
            writer.member("reason", reason)
        }
        writeOrigin(&writer)
        if showsCertificate, let certificate = record.certificate {
            writer.member("certificatePem", PEMText.certificate(certificate))
        }
        writer.endObject()
        writer.newline()
    }

    private func writeOrigin(_ writer: inout JSONWriter) {
        if let fingerprint = record.fingerprint {
            writer.member("fingerprintSha256", hex: fingerprint)
        }
        writer.member("csrSha256", hex: record.request)
        writer.member("kid", hex: record.keyID)
        if let attestation = record.attestation {
            writer.key("attestation")
            writer.beginObject()
            writer.member("profile", attestation.profile.rawValue)
            writer.member("kid", hex: attestation.keyID)
            writer.endObject()
        }
        if let replaces {
            writer.member("replaces", hex: replaces)
        }
        if let replacedBy {
            writer.member("replacedBy", hex: replacedBy)
        }
    }

    /// One line: serial, status, end of validity, device, subject.
    var line: [UInt8] {
        let device = record.device?.description ?? "-"
        let end = Timestamp.clamped(record.notAfter)
        return Array(
            "\(Hex.encode(record.serial)) \(status.rawValue) \(end) \(device) \(record.subject.escapedForTerminal)\n"
                .utf8)
    }

    var text: [UInt8] {
        var block = TextBlock()
        block.line("serial", Hex.encode(record.serial))
        block.line("status", status.rawValue)
        if let device = record.device { block.line("device UUID", device.description) }
        block.line("subject", record.subject)
        block.line("profile", record.profile)
        block.line("authority", Hex.encode(record.authority))
        block.line("not before", Timestamp.clamped(record.notBefore))
        block.line("not after", Timestamp.clamped(record.notAfter))
        block.line("intended", Timestamp.clamped(record.intendedAt))
        if let issuedAt = record.issuedAt { block.line("issued", Timestamp.clamped(issuedAt)) }
        if let revokedAt = record.revokedAt, let reason {
            block.line("revoked", "\(Timestamp.clamped(revokedAt)) (\(reason))")
        }
        if let fingerprint = record.fingerprint { block.line("SHA-256", Hex.encode(fingerprint)) }
        block.line("CSR SHA-256", Hex.encode(record.request))
        block.line("kid", Hex.encode(record.keyID))
        if let attestation = record.attestation {
            block.line("attested by", "\(Hex.encode(attestation.keyID)) (\(attestation.profile.rawValue))")
        }
        if let replaces { block.line("replaces", Hex.encode(replaces)) }
        if let replacedBy { block.line("replaced by", Hex.encode(replacedBy)) }
        var bytes = block.bytes
        if let certificate = record.certificate {
            bytes += PEMWriter.encode(label: "CERTIFICATE", der: certificate)
        }
        return bytes
    }
}
