import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import Registry
import Store
import TestFleet
import Testing

/// Runs `body`, which has to throw, and answers what it threw.
func toolError(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) -> ToolError? {
    do {
        try body()
    } catch let error as ToolError {
        return error
    } catch {
        Issue.record("expected a ToolError, found \(error)", sourceLocation: sourceLocation)
        return nil
    }
    Issue.record("expected an error, found none", sourceLocation: sourceLocation)
    return nil
}

extension RegistrationOutcome {
    /// The outcome in one word: the status, or the code of the rejection.
    var word: String {
        switch self {
        case .added: "added"
        case .updated: "updated"
        case .unchanged: "unchanged"
        case .replaced: "replaced"
        case .removed: "removed"
        case .rejected(let failure): failure.code.rawValue
        }
    }
}

extension LearningOutcome {
    var word: String {
        switch self {
        case .learned(_, let profile): "learned \(profile.rawValue)"
        case .known(_, let profile): "known \(profile.rawValue)"
        case .pending: "pending"
        case .rejected(let failure): failure.code.rawValue
        }
    }

    var key: IdentityKey? {
        switch self {
        case .learned(let key, _), .known(let key, _): key
        case .pending, .rejected: nil
        }
    }
}

extension TestDevice {
    func registration(
        _ trust: KeyTrust? = .trusted, key: P256PublicKey? = nil, imei: IMEI? = nil,
        how: Evidence.How = .imported,
        digest: UInt8 = 1, token: String? = nil
    ) -> Registration {
        Registration(
            uuid: uuid, imei: imei, key: trust.map { IdentityKey(publicKey: key ?? publicKey, trust: $0) },
            token: token.map { Array($0.utf8) }, how: how,
            inputDigest: [UInt8](repeating: digest, count: 32))
    }
}

/// The observation that `device learn` makes of a token.
func observation(of token: String, _ arithmetic: P256Arithmetic) throws -> Observation {
    let text = Array(token.utf8)
    let decoded = try AttestationToken(text[...])
    let candidates = try KeyRecovery.candidates(decoded, arithmetic)
    return Observation(
        uuid: decoded.deviceUUID, tokenDigest: Digest.sha256(text), bound: candidates[.bound] ?? [],
        plain: candidates[.plain] ?? [])
}
