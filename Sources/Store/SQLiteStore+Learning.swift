import Attestation
import DeviceIdentity
public import Diagnostics
import OpenSSL
import SQLite

extension SQLiteStore {
    /// So many signatures that leave the same keys possible are looked at.
    private static let guiseLimit = 64

    public func learn(_ observations: [Observation], at time: Int64) throws(ToolError) -> [LearningOutcome] {
        try write("cannot write to the store") { () throws(SQLiteError) in
            var outcomes: [LearningOutcome] = []
            for observation in observations { outcomes.append(try apply(observation, time)) }
            return outcomes
        }
    }

    private func apply(_ observation: Observation, _ time: Int64) throws(SQLiteError) -> LearningOutcome {
        let known = try fetch(observation.uuid)
        if let known, let key = known.key {
            guard let profile = observation.profile(of: key.identity.publicKey) else {
                return .rejected(
                    .init(
                        .keyConflict,
                        "the signature is not by the registered key of device \(observation.uuid), "
                            + "kid \(Hex.encode(key.identity.publicKey.kid))"))
            }
            if try remember(observation, time) {
                var draft = DeviceDraft(known)
                draft.evidence = [Self.evidence(observation, profile, time)]
                try enter(draft, at: time)
            }
            return .known(key.identity, profile)
        }
        let seen = try related(to: observation)
        if try remember(observation, time) { try file(observation) }
        for profile in SigningProfile.allCases {
            guard let key = Self.commonKey(of: observation, and: seen, profile) else { continue }
            let observed = IdentityKey(publicKey: key, trust: .observed)
            var draft = known.map(DeviceDraft.init) ?? DeviceDraft(new: observation.uuid, at: time)
            draft.set(observed, profile: profile, at: time)
            draft.evidence = (seen + [observation]).sorted {
                $0.tokenDigest.lexicographicallyPrecedes($1.tokenDigest)
            }
            .compactMap { seen in seen.profile(of: key).map { Self.evidence(seen, $0, time) } }
            try enter(draft, at: time)
            return .learned(observed, profile)
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

    /// Keeps the observation; whether it was new.
    private func remember(_ observation: Observation, _ time: Int64) throws(SQLiteError) -> Bool {
        try statement(
            "INSERT OR IGNORE INTO observation (uuid, digest, bound, plain, at) VALUES (?, ?, ?, ?, ?)"
        ).run(
            .blob(observation.uuid.bytes), .blob(observation.tokenDigest),
            .blob(observation.bound.flatMap(\.point)), .blob(observation.plain.flatMap(\.point)),
            .integer(time)) > 0
    }

    /// Files a pending observation under the keys that it leaves possible.
    private func file(_ observation: Observation) throws(SQLiteError) {
        let insert = try statement("INSERT OR IGNORE INTO candidate (uuid, x, digest) VALUES (?, ?, ?)")
        for x in observation.abscissas {
            try insert.run(.blob(observation.uuid.bytes), .blob(x), .blob(observation.tokenDigest))
        }
    }

    /// The other pending observations of the device that may have a key in common with this one.
    ///
    /// Their number does not grow with that of the signatures that somebody makes up: two that have one key in common
    /// are the end of waiting, those that have both in common are one signature in other guises, of which
    /// ``guiseLimit`` are looked at, and a point shares its x with one other.
    private func related(to observation: Observation) throws(SQLiteError) -> [Observation] {
        let select = try statement(
            """
            SELECT digest, bound, plain FROM candidate JOIN observation USING (uuid, digest)
            WHERE candidate.uuid = ? AND x = ? LIMIT \(Self.guiseLimit)
            """)
        var found: [[UInt8]: Observation] = [:]
        for x in observation.abscissas {
            try select.bind(.blob(observation.uuid.bytes), .blob(x))
            while try select.step() {
                let digest = select.blob(0)
                guard digest != observation.tokenDigest else { continue }
                found[digest] = Observation(
                    uuid: observation.uuid, tokenDigest: digest, bound: Self.points(select.blob(1)),
                    plain: Self.points(select.blob(2)))
            }
        }
        return Array(found.values)
    }

    private static func points(_ bytes: [UInt8]) -> [P256PublicKey] {
        stride(from: 0, to: bytes.count - 64, by: 65).compactMap {
            P256PublicKey(x963: bytes[$0..<($0 + 65)])
        }
    }
}

extension Observation {
    /// The x of every key that is possible.
    var abscissas: Set<[UInt8]> { Set((bound + plain).map { Array($0.point[1...32]) }) }

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
