import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import Registry
import Store

/// What an output of a device taught, `assay.learning/1`.
struct LearningReport {
    let location: InputLocation
    let observation: Result<Observation, RowError>
    let outcome: LearningOutcome?

    private var status: String {
        switch outcome {
        case .learned: "learned"
        case .known: "known"
        case .pending: "pending"
        case .rejected, nil: "rejected"
        }
    }

    private var key: (IdentityKey, SigningProfile)? {
        switch outcome {
        case .learned(let key, let profile), .known(let key, let profile): (key, profile)
        case .pending, .rejected, nil: nil
        }
    }

    private var failures: [CheckFailure] {
        if case .failure(let error) = observation { return [error.failure] }
        if case .rejected(let failure) = outcome { return [failure] }
        return []
    }

    func rendered(json: Bool) -> [UInt8] {
        let device = try? observation.get().uuid
        guard json else {
            var line =
                "\(location.source.escapedForTerminal):\(location.line) \(device?.description ?? "-") \(status)"
            if let (key, profile) = key { line += " \(profile.rawValue) \(Hex.encode(key.publicKey.kid))" }
            for failure in failures {
                line += " \(failure.code.rawValue): \(failure.message.escapedForTerminal)"
            }
            return Array((line + "\n").utf8)
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.learning/1")
        writer.input(location)
        if let device {
            writer.key("deviceUuid")
            writer.string(device.description)
        }
        writer.key("status")
        writer.string(status)
        if let (key, profile) = key {
            writer.key("profile")
            writer.string(profile.rawValue)
            writer.key("key")
            writer.beginObject()
            writer.key("kid")
            writer.hex(key.publicKey.kid)
            writer.key("trust")
            writer.string(key.trust.rawValue)
            writer.endObject()
        }
        writer.key("failures")
        writer.failures(failures)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
