import DeviceIdentity
import Diagnostics
import JSON
import Registry
import Store

/// What a row or command did to the registry, `assay.registration/1`.
struct RegistrationReport {
    let location: InputLocation?
    let device: DeviceUUID?
    let outcome: RegistrationOutcome

    var status: String { outcome.name }

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("schema", ascii: "assay.registration/1")
        if let location { writer.input(location) }
        if let device {
            writer.member("deviceUuid", device.description)
        }
        writer.member("status", status)
        writer.key("failures")
        if case .rejected(let failure) = outcome { writer.failures([failure]) } else { writer.failures([]) }
        writer.endObject()
        writer.newline()
    }

    func rendered(json: Bool) -> [UInt8] {
        if json {
            var writer = JSONWriter()
            write(json: &writer)
            return writer.bytes
        }
        return Array("\(device?.description ?? "-") \(status)\n".utf8)
    }
}

extension RegistrationOutcome {
    /// The `status` of results.
    var name: String {
        switch self {
        case .added: "added"
        case .updated: "updated"
        case .unchanged: "unchanged"
        case .replaced: "replaced"
        case .removed: "removed"
        case .rejected: "rejected"
        }
    }
}
