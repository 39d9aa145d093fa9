import Attestation
package import DeviceIdentity
import Diagnostics
import OpenSSL

/// What a registry decides: the answer, and the row that is to be written, if any.
package struct RegistryDecision<Outcome> {
    package let outcome: Outcome
    package let draft: DeviceDraft?

    init(_ outcome: Outcome, _ draft: DeviceDraft? = nil) {
        self.outcome = outcome
        self.draft = draft
    }
}

/// What a registry decides on an observation.
package struct LearningDecision {
    package let outcome: LearningOutcome
    package let draft: DeviceDraft?
    /// Whether the observation is kept: it was not made before.
    package let isKept: Bool
    /// Whether it is kept among those that wait for their key.
    package let isPending: Bool
}

/// The rules by which devices, their keys and their IMEIs come into a registry: one key a device, one device an IMEI, and
/// trust that only rises. The one place where that is decided, over whatever tables.
package enum RegistryRules {
    /// So many signatures that leave the same keys possible are looked at.
    package static let guiseLimit = 64

    // MARK: Registering

    /// By UUID, so that each page of an index is visited once; rows of one device keep their order. Where two devices say
    /// one IMEI the first row has it, whatever their UUIDs.
    package static func order(_ registrations: [Registration]) -> [Int] {
        let uuids = registrations.map(\.uuid)
        var owners: [IMEI: DeviceUUID] = [:]
        for registration in registrations {
            guard let imei = registration.imei else { continue }
            let owner = owners.updateValue(registration.uuid, forKey: imei)
            if let owner, owner != registration.uuid { return Array(uuids.indices) }
        }
        return uuids.indices.sorted {
            (uuids[$0].high, uuids[$0].low, $0) < (uuids[$1].high, uuids[$1].low, $1)
        }
    }

    /// What becomes of a registration.
    package static func register<Tables: RegistryTables>(
        _ registration: Registration, in tables: Tables, at time: Int64
    ) throws(Tables.Failure) -> RegistryDecision<RegistrationOutcome> {
        let known = try tables.record(of: registration.uuid)
        if let known, let failure = conflict(known, registration) { return .init(.rejected(failure)) }
        if let imei = registration.imei, known?.imei == nil,
            let other = try tables.owners(ofIMEISerial: imei.serial).first(where: { $0 != registration.uuid })
        {
            return .init(
                .rejected(
                    .init(
                        .duplicateDevice,
                        "IMEI \(imei) is registered for device \(other), found it for \(registration.uuid)")))
        }
        var draft = known.map(DeviceDraft.init) ?? DeviceDraft(new: registration.uuid, at: time)
        var outcome: RegistrationOutcome = known == nil ? .added : .unchanged
        if let imei = registration.imei, known?.imei == nil {
            draft.record.imei = imei
            if known != nil { outcome = .updated }
        }
        // A key that is there is the same key, whose trust only rises, or gives way to a trusted one.
        if let key = registration.key,
            known?.key == nil || (key.trust != .observed && known?.isObserved == true)
        {
            draft.set(key, at: time)
            draft.evidence = [
                Evidence(how: registration.how, at: time, inputDigest: registration.inputDigest, profile: nil)
            ]
            if known != nil { outcome = draft.replaced == nil ? .updated : .replaced }
        }
        if let text = registration.token {
            let token = DeviceDraft.Token(text: text, digest: Digest.sha256(text))
            if try !tables.hasToken(token.digest, of: registration.uuid) {
                draft.token = token
                if outcome == .unchanged { outcome = .updated }
            }
        }
        return .init(outcome, outcome == .unchanged ? nil : draft)
    }

    private static func conflict(_ known: DeviceRecord, _ registration: Registration) -> CheckFailure? {
        if let key = registration.key, let registered = known.key,
            registered.identity.publicKey != key.publicKey,
            !(registration.replacesObserved && known.isObserved && key.trust != .observed)
        {
            return .init(
                .keyConflict,
                "device \(known.uuid) has another key: registered kid "
                    + "\(Hex.encode(registered.identity.publicKey.kid))"
                    + "\(known.isObserved ? " (observed)" : ""), found \(Hex.encode(key.publicKey.kid))"
            )
        }
        if let imei = registration.imei, let registered = known.imei, registered != imei {
            return .init(
                .duplicateDevice, "device \(known.uuid) has IMEI \(registered), found \(imei)")
        }
        return nil
    }

    /// What becomes of a person's word for an observed key.
    ///
    /// - Parameter expectedKeyID: the SHA-256 of the key that the person means, 32 bytes.
    package static func confirm(
        _ device: DeviceUUID, _ record: DeviceRecord?, expectedKeyID: [UInt8]?, at time: Int64
    ) -> RegistryDecision<RegistrationOutcome> {
        guard let record, let key = record.key else {
            return .init(.rejected(.init(.unknownKey, "no identity key is known for device \(device)")))
        }
        let kid = key.identity.publicKey.kid
        if let expectedKeyID, expectedKeyID != kid {
            return .init(
                .rejected(
                    .init(.kidMismatch, "expected key \(Hex.encode(expectedKeyID)), found \(Hex.encode(kid))")
                ))
        }
        if key.identity.trust == .trusted { return .init(.unchanged) }
        var draft = DeviceDraft(record)
        draft.trust(key.identity.publicKey)
        draft.evidence = [Evidence(how: .confirmed, at: time, inputDigest: nil, profile: key.profile)]
        return .init(.updated, draft)
    }

    // MARK: Learning

    /// What becomes of an observation.
    package static func learn<Tables: RegistryTables>(
        _ observation: Observation, in tables: Tables, at time: Int64
    ) throws(Tables.Failure) -> LearningDecision {
        let known = try tables.record(of: observation.uuid)
        if let known, let key = known.key {
            guard let profile = observation.profile(of: key.identity.publicKey) else {
                let failure = CheckFailure(
                    .keyConflict,
                    "the signature is not by the registered key of device \(observation.uuid), "
                        + "kid \(Hex.encode(key.identity.publicKey.kid))")
                return LearningDecision(
                    outcome: .rejected(failure), draft: nil, isKept: false, isPending: false)
            }
            let isNew = try !tables.hasObservation(observation.tokenDigest, of: observation.uuid)
            var draft = DeviceDraft(known)
            draft.evidence = [evidence(observation, profile, time)]
            return LearningDecision(
                outcome: .known(key.identity, profile), draft: isNew ? draft : nil, isKept: isNew,
                isPending: false)
        }
        let isNew = try !tables.hasObservation(observation.tokenDigest, of: observation.uuid)
        // In an order of their own, so that every engine learns the same of the same.
        let seen = try tables.pending(like: observation).sorted {
            $0.tokenDigest.lexicographicallyPrecedes($1.tokenDigest)
        }
        for profile in SigningProfile.allCases {
            guard let key = commonKey(of: observation, and: seen, profile) else { continue }
            let observed = IdentityKey(publicKey: key, trust: .observed)
            var draft = known.map(DeviceDraft.init) ?? DeviceDraft(new: observation.uuid, at: time)
            draft.set(observed, profile: profile, at: time)
            draft.evidence = (seen + [observation]).sorted {
                $0.tokenDigest.lexicographicallyPrecedes($1.tokenDigest)
            }
            .compactMap { seen in seen.profile(of: key).map { evidence(seen, $0, time) } }
            return LearningDecision(
                outcome: .learned(observed, profile), draft: draft, isKept: isNew, isPending: isNew)
        }
        return LearningDecision(outcome: .pending, draft: nil, isKept: isNew, isPending: isNew)
    }

    /// The one key that the newest signature has in common with any other.
    ///
    /// Any, not all: whoever sends one made-up signature in a device's name would else keep its key from ever
    /// being learned. A signature in another guise (`s` negated, the token written differently) leaves the same
    /// two keys possible and decides nothing.
    private static func commonKey(
        of newest: Observation, and seen: [Observation], _ profile: SigningProfile
    ) -> P256PublicKey? {
        let candidates = Set(newest.candidates(profile))
        for other in seen {
            let common = candidates.intersection(other.candidates(profile))
            if common.count == 1 { return common.first }
        }
        return nil
    }

    private static func evidence(
        _ observation: Observation, _ profile: SigningProfile, _ time: Int64
    ) -> Evidence {
        Evidence(how: .learned, at: time, inputDigest: observation.tokenDigest, profile: profile)
    }
}

extension Observation {
    /// The x of every key that is possible.
    package var abscissas: Set<[UInt8]> { Set((bound + plain).map { Array($0.point[1...32]) }) }

    /// The keys possible under a profile. An `%ATTESTTOKEN` exists in the bound form only, and a device of either
    /// profile signs it so.
    func candidates(_ profile: SigningProfile) -> [P256PublicKey] {
        profile == .bound || plain.isEmpty ? bound : plain
    }

    /// The profile under which `key` made the signature.
    func profile(of key: P256PublicKey) -> SigningProfile? {
        if bound.contains(key) { return .bound }
        return plain.contains(key) ? .plain : nil
    }
}

extension DeviceRecord {
    var isObserved: Bool { key?.identity.trust == .observed }
}
