import Attestation
public import DeviceIdentity
public import Diagnostics
import OpenSSL
import SQLite

extension SQLiteStore {
    public func learn(_ observations: [Observation], at time: Int64) throws(ToolError) -> [LearningOutcome] {
        try write("cannot write to the store") { () throws(SQLiteError) in
            var outcomes: [LearningOutcome] = []
            for observation in observations { outcomes.append(try apply(observation, time)) }
            return outcomes
        }
    }

    private func apply(_ observation: Observation, _ time: Int64) throws(SQLiteError) -> LearningOutcome {
        let known = try fetch(observation.uuid)
        if let key = known?.key {
            guard let profile = observation.profile(of: key.identity.publicKey) else {
                return .rejected(
                    .init(
                        .keyConflict,
                        "the signature is not by the registered key of device \(observation.uuid), "
                            + "kid \(Hex.encode(key.identity.publicKey.kid))"))
            }
            if try remember(observation, time) {
                try noteSignature(observation, profile, time)
            }
            return .known(key.identity, profile)
        }
        try remember(observation, time)
        let seen = try remembered(of: observation.uuid)
        for profile in SigningProfile.allCases {
            guard let key = Self.commonKey(of: observation, and: seen, profile) else { continue }
            try pin(key, profile, for: observation.uuid, exists: known != nil, time)
            for evidence in seen {
                if let form = evidence.profile(of: key) { try noteSignature(evidence, form, time) }
            }
            return .learned(IdentityKey(publicKey: key, trust: .observed), profile)
        }
        return .pending
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
        for other in seen where other.tokenDigest != newest.tokenDigest {
            let common = candidates.intersection(other.candidates(profile))
            if common.count == 1 { return common.first }
        }
        return nil
    }

    private func pin(
        _ key: P256PublicKey, _ profile: SigningProfile, for device: DeviceUUID, exists: Bool, _ time: Int64
    ) throws(SQLiteError) {
        if exists {
            try statement(
                "UPDATE device SET point = ?, trust = 0, profile = ?, key_since = ? WHERE uuid = ?"
            ).run(.blob(key.point), .text(profile.rawValue), .integer(time), .blob(device.bytes))
        } else {
            try statement(
                """
                INSERT INTO device (uuid, registered_at, point, trust, profile, key_since)
                VALUES (?, ?, ?, 0, ?, ?)
                """
            ).run(
                .blob(device.bytes), .integer(time), .blob(key.point), .text(profile.rawValue), .integer(time)
            )
        }
    }

    private func noteSignature(
        _ observation: Observation, _ profile: SigningProfile, _ time: Int64
    ) throws(SQLiteError) {
        try note(
            Evidence(how: .learned, at: time, inputDigest: observation.tokenDigest, profile: profile),
            for: observation.uuid)
    }

    /// Keeps the observation; whether it was new.
    @discardableResult
    private func remember(_ observation: Observation, _ time: Int64) throws(SQLiteError) -> Bool {
        try statement(
            "INSERT OR IGNORE INTO observation (uuid, digest, bound, plain, at) VALUES (?, ?, ?, ?, ?)"
        ).run(
            .blob(observation.uuid.bytes), .blob(observation.tokenDigest),
            .blob(observation.bound.flatMap(\.point)), .blob(observation.plain.flatMap(\.point)),
            .integer(time)) > 0
    }

    private func remembered(of device: DeviceUUID) throws(SQLiteError) -> [Observation] {
        let select = try statement(
            "SELECT digest, bound, plain FROM observation WHERE uuid = ? ORDER BY digest")
        try select.bind(.blob(device.bytes))
        var found: [Observation] = []
        while try select.step() {
            found.append(
                Observation(
                    uuid: device, tokenDigest: select.blob(0), bound: Self.points(select.blob(1)),
                    plain: Self.points(select.blob(2))))
        }
        return found
    }

    private static func points(_ bytes: [UInt8]) -> [P256PublicKey] {
        stride(from: 0, to: bytes.count - 64, by: 65).compactMap {
            P256PublicKey(x963: bytes[$0..<($0 + 65)])
        }
    }
}

extension Observation {
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

extension SQLiteStore: NonceRegistry {
    public func use(
        _ nonces: [(device: DeviceUUID, nonce: [UInt8])], at time: Int64
    ) throws(ToolError) -> [Bool] {
        try write("cannot write to the store") { () throws(SQLiteError) in
            let insert = try statement("INSERT OR IGNORE INTO nonce (uuid, nonce, at) VALUES (?, ?, ?)")
            var fresh: [Bool] = []
            for (device, nonce) in nonces {
                fresh.append(try insert.run(.blob(device.bytes), .blob(nonce), .integer(time)) > 0)
            }
            return fresh
        }
    }
}
