import Batches
import DeviceIdentity
import Diagnostics
import JSON
import Labels
import QRCode
import Registry
import Store

/// The result for one device of `device label`, `assay.label/1`.
struct LabelReport: Report {
    /// Nil for a device that was named by its UUID.
    let location: InputLocation?
    let device: DeviceUUID?
    let imei: IMEI?
    /// The label, or why there is none.
    var label: Result<DeviceLabel, CheckFailure>
    /// The place in the document, from 1, once it is drawn.
    var place: (page: Int, cell: Int)?
    /// Whether the code has the token.
    var hasToken = false
    var sourceError: ToolError?

    /// A label with its code.
    static func label(
        _ uuid: DeviceUUID, _ imei: IMEI?, token: [UInt8]?
    ) -> Result<DeviceLabel, CheckFailure> {
        do throws(QRCode.Fault) {
            return .success(try DeviceLabel(uuid: uuid, imei: imei, token: token))
        } catch {
            switch error {
            case .libraryMissing:
                return .failure(
                    CheckFailure(
                        .io, "expected the library libqrencode.so.4, found none",
                        hint: "install the package libqrencode4"))
            case .unfit:
                return .failure(
                    CheckFailure(
                        .tokenFormat, "expected at most \(QRCode.capacity) octets for a QR code, found more"))
            }
        }
    }

    private var failure: CheckFailure? {
        guard case .failure(let failure) = label else { return nil }
        return failure
    }

    var outcome: Outcome {
        if let sourceError { return Outcome(ofSource: sourceError) }
        guard let failure else { return .good }
        return failure.code.exitStatus == .malformed ? .malformed : .rejected
    }

    var reason: String? { failure?.code.rawValue }

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("schema", ascii: "assay.label/1")
        if let location { writer.input(location) }
        if let device {
            writer.member("deviceUuid", device.description)
        }
        if let imei {
            writer.member("imei", imei.description)
        }
        writer.key("status")
        switch outcome {
        case .good: writer.string(ascii: "printed")
        case .malformed: writer.string(ascii: "malformed")
        default: writer.string(ascii: "rejected")
        }
        if let place {
            writer.member("page", Int64(place.page))
            writer.member("cell", Int64(place.cell))
            writer.member("token", hasToken)
        }
        writer.key("failures")
        writer.failures(failure.map { [$0] } ?? [])
        writer.endObject()
        writer.newline()
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        write(json: &writer)
        return writer.bytes
    }

    var text: [UInt8] { [] }

    var complaint: ToolError? {
        guard sourceError == nil, let failure else { return nil }
        let error = ToolError(failure.code, failure.message, hint: failure.hint)
        guard let location else { return error }
        return error.at("file", "\(location.source.escapedForTerminal):\(location.line)")
    }
}

/// Decodes the rows of a file of devices and encodes their codes. One a thread.
final class LabelJudge: Judge {
    private let reader: RegistrationReader
    private let withToken: Bool

    init(_ reader: RegistrationReader, withToken: Bool) {
        self.reader = reader
        self.withToken = withToken
    }

    func judge(_ chunk: RegistrationChunk, _ results: inout Results<LabelReport>) throws(ToolError) {
        if case .unreadable(let error) = chunk.content {
            let report = LabelReport(
                location: InputLocation(chunk.source, line: 1), device: nil, imei: nil,
                label: .failure(CheckFailure(error.code, error.message)), sourceError: error)
            results.add(report, ofSource: error)
        }
        for (location, row) in chunk.rows(reader) {
            let report = report(location, row)
            // Without the library there is no label at all: it is told once.
            if case .failure(let failure) = report.label, failure.code == .io {
                throw ToolError(.io, failure.message, hint: failure.hint)
            }
            results.add(report)
        }
    }

    private func report(
        _ location: InputLocation, _ row: Result<Registration, RowError>
    ) -> LabelReport {
        switch row {
        case .failure(let error):
            return LabelReport(location: location, device: nil, imei: nil, label: .failure(error.failure))
        case .success(let device):
            if withToken, device.token == nil {
                return LabelReport(
                    location: location, device: device.uuid, imei: device.imei,
                    label: .failure(
                        CheckFailure(
                            .tokenFormat, "expected the device's attestation token for its code, found none"))
                )
            }
            let token = withToken ? device.token : nil
            return LabelReport(
                location: location, device: device.uuid, imei: device.imei,
                label: LabelReport.label(device.uuid, device.imei, token: token), hasToken: token != nil)
        }
    }
}
