public import CSV
public import Diagnostics
import PKIX

/// One row of an onboarding CSV: `deviceId,subType,tags,fwTypes,"PEM"`, the body of the core API's `POST /devices`.
///
/// Made only from values that the service's own rules allow.
public struct OnboardingRow: Sendable, Equatable {
    /// What the service takes in one request.
    public static let rowLimit = 1_000

    /// Kinds of firmware that a device takes over the air.
    public enum FirmwareType: String, Sendable, CaseIterable {
        case app = "APP"
        case modem = "MODEM"
        case boot = "BOOT"
        case softDevice = "SOFTDEVICE"
        case bootloader = "BOOTLOADER"
        case modemFull = "MDM_FULL"
    }

    public let deviceID: String
    public let subType: String
    public let tags: [String]
    /// None stand for all.
    public let firmwareTypes: [FirmwareType]
    /// `CERTIFICATE` or `PUBLIC KEY`, with a line feed at its end.
    public let pem: String

    /// - Parameter pem: one `CERTIFICATE` or `PUBLIC KEY`; written again in the form that the service wants.
    /// - Throws: ``CheckFailure`` with `csv` or `pem` for the first rule that is broken.
    public init(
        deviceID: String, subType: String = "", tags: [String] = [], firmwareTypes: [FirmwareType] = [],
        pem: [UInt8]
    ) throws(CheckFailure) {
        try Self.checkDeviceID(deviceID)
        guard subType.utf8.count < 800, subType.utf8.allSatisfy({ Self.isAllowed($0, "_.,@/:#-") }) else {
            throw CheckFailure(
                .csv,
                "expected a sub-type of at most 799 characters from a-z A-Z 0-9 _ . , @ / : # -, found "
                    + Array(subType.utf8)[...].excerpt)
        }
        for tag in tags where tag.isEmpty || !tag.utf8.allSatisfy({ Self.isAllowed($0, "_.@:#-") }) {
            throw CheckFailure(
                .csv,
                "expected a tag of characters from a-z A-Z 0-9 _ . @ : # -, found "
                    + Array(tag.utf8)[...].excerpt)
        }
        self.deviceID = deviceID
        self.subType = subType
        self.tags = tags
        self.firmwareTypes = firmwareTypes
        self.pem = try Self.canonical(pem)
    }

    /// The service's rule for device ids.
    ///
    /// - Throws: ``CheckFailure`` with `csv`.
    public static func checkDeviceID(_ id: String) throws(CheckFailure) {
        guard 1...128 ~= id.utf8.count, id.utf8.allSatisfy({ isAllowed($0, ":_-") }) else {
            throw CheckFailure(
                .csv,
                "expected a device id of 1 to 128 characters from a-z A-Z 0-9 : _ -, found "
                    + Array(id.utf8)[...].excerpt)
        }
    }

    /// The record, in quotation marks what the incumbent tools put in them: the PEM and a sub-type with a comma.
    public func write(to writer: inout CSVWriter) {
        writer.field(deviceID)
        writer.field(subType)
        writer.field(tags.joined(separator: "|"))
        writer.field(firmwareTypes.map(\.rawValue).joined(separator: "|"))
        writer.field(pem, quoted: true)
        writer.endRecord()
    }

    private static func isAllowed(_ byte: UInt8, _ others: String) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: others.utf8.contains(byte)
        }
    }

    /// LF line ends, one of them after the END line, nothing around it.
    private static func canonical(_ pem: [UInt8]) throws(CheckFailure) -> String {
        let entries: [PEMDocument.Entry]
        do {
            entries = try PEMDocument(pem).entries
        } catch {
            throw CheckFailure(.pem, error.description)
        }
        guard entries.count == 1, let entry = entries.first,
            entry.label == "CERTIFICATE" || entry.label == "PUBLIC KEY"
        else {
            throw CheckFailure(
                .pem,
                "expected one CERTIFICATE or PUBLIC KEY, found "
                    + (entries.isEmpty ? "nothing" : entries.map(\.label).joined(separator: ", ")))
        }
        return String(decoding: PEMWriter.encode(label: entry.label, der: entry.der), as: UTF8.self)
    }
}
