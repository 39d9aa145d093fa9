import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import Store

/// What a row or command did to the registry, `assay.registration/1`.
struct RegistrationReport {
    let location: InputLocation?
    let device: DeviceUUID?
    let outcome: RegistrationOutcome

    var status: String {
        switch outcome {
        case .added: "added"
        case .updated: "updated"
        case .unchanged: "unchanged"
        case .replaced: "replaced"
        case .removed: "removed"
        case .rejected: "rejected"
        }
    }

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.registration/1")
        if let location { writer.input(location) }
        if let device {
            writer.key("deviceUuid")
            writer.string(device.description)
        }
        writer.key("status")
        writer.string(status)
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

extension JSONWriter {
    /// The `input` member of a result.
    mutating func input(_ location: InputLocation) {
        key("input")
        beginObject()
        key("source")
        string(location.source)
        key("line")
        integer(Int64(location.line))
        endObject()
    }
}

/// Refuses keys whose point is not on the curve before they get into the registry.
final class PublicKeyCheck {
    private let verifier: P256Verifier

    init() throws(ToolError) {
        do throws(OpenSSLError) {
            verifier = try P256Verifier()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    func isOnCurve(_ key: P256PublicKey) -> Bool { verifier.accepts(key) }

    func demand(_ key: P256PublicKey, at place: String) throws(ToolError) {
        guard isOnCurve(key) else {
            throw ToolError(.csrKey, "the key's point is not on P-256").at("file", place.escapedForTerminal)
        }
    }
}
