import Attestation
import Batches
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import Registry
import Store

/// What an output of a device taught, `assay.learning/1`.
struct LearningReport: Report {
    let location: InputLocation
    let observation: Result<Observation, RowError>
    /// What the input counts as where nothing can be learned from it.
    let refusal: Outcome
    /// What the registry made of it.
    var taught: LearningOutcome?

    var outcome: Outcome {
        switch taught {
        case .learned, .known, .pending: .good
        case .rejected: .rejected
        case nil: if case .success = observation { .good } else { refusal }
        }
    }

    var reason: String? { failures.first?.code.rawValue }

    private var status: String {
        switch taught {
        case .learned: "learned"
        case .known: "known"
        case .pending: "pending"
        case .rejected, nil: "rejected"
        }
    }

    private var key: (IdentityKey, SigningProfile)? {
        switch taught {
        case .learned(let key, let profile), .known(let key, let profile): (key, profile)
        case .pending, .rejected, nil: nil
        }
    }

    private var failures: [CheckFailure] {
        if case .failure(let error) = observation { return [error.failure] }
        if case .rejected(let failure) = taught { return [failure] }
        return []
    }

    private var device: DeviceUUID? { try? observation.get().uuid }

    var text: [UInt8] {
        var line =
            "\(location.source.escapedForTerminal):\(location.line) \(device?.description ?? "-") \(status)"
        if let (key, profile) = key { line += " \(profile.rawValue) \(Hex.encode(key.publicKey.kid))" }
        for failure in failures {
            line += " \(failure.code.rawValue): \(failure.message.escapedForTerminal)"
        }
        return Array((line + "\n").utf8)
    }

    func write(json writer: inout JSONWriter) {
        writer.beginResult("assay.learning/1", location)
        if let device {
            writer.member("deviceUuid", device.description)
        }
        writer.member("status", status)
        if let (key, profile) = key {
            writer.member("profile", profile.rawValue)
            writer.identityKey(kid: key.publicKey.kid, trust: key.trust.rawValue)
        }
        writer.endResult(failures)
    }
}
