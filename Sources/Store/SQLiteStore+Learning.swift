import Attestation
package import DeviceIdentity
public import Diagnostics
import OpenSSL
public import Registry
package import SQLite

extension SQLiteStore {
    public func learn(_ observations: [Observation], at time: Int64) throws(ToolError) -> [LearningOutcome] {
        try write("cannot write to the store") { () throws(SQLiteError) in
            var outcomes: [LearningOutcome] = []
            for observation in observations {
                let decision = try RegistryRules.learn(observation, in: self, at: time)
                if decision.isKept { try keep(observation, at: time) }
                if decision.isPending { try file(observation) }
                if let draft = decision.draft { try enter(draft, at: time) }
                outcomes.append(decision.outcome)
            }
            return outcomes
        }
    }

    package func hasObservation(_ digest: [UInt8], of device: DeviceUUID) throws(SQLiteError) -> Bool {
        let select = try statement("SELECT 1 FROM observation WHERE uuid = ? AND digest = ?")
        try select.bind(.blob(device.bytes), .blob(digest))
        defer { select.reset() }
        return try select.step()
    }

    private func keep(_ observation: Observation, at time: Int64) throws(SQLiteError) {
        try statement(
            "INSERT OR IGNORE INTO observation (uuid, digest, bound, plain, at) VALUES (?, ?, ?, ?, ?)"
        ).run(
            .blob(observation.uuid.bytes), .blob(observation.tokenDigest),
            .blob(observation.bound.flatMap(\.point)), .blob(observation.plain.flatMap(\.point)),
            .integer(time))
    }

    /// Files a pending observation under the keys that it leaves possible.
    private func file(_ observation: Observation) throws(SQLiteError) {
        let insert = try statement("INSERT OR IGNORE INTO candidate (uuid, x, digest) VALUES (?, ?, ?)")
        for x in observation.abscissas {
            try insert.run(.blob(observation.uuid.bytes), .blob(x), .blob(observation.tokenDigest))
        }
    }

    /// Their number does not grow with that of the signatures that somebody makes up: two that have one key in common
    /// are the end of waiting, those that have both in common are one signature in other guises, of which
    /// ``RegistryRules/guiseLimit`` are looked at, and a point shares its x with one other.
    package func pending(like observation: Observation) throws(SQLiteError) -> [Observation] {
        let select = try statement(
            """
            SELECT digest, bound, plain FROM candidate JOIN observation USING (uuid, digest)
            WHERE candidate.uuid = ? AND x = ? LIMIT \(RegistryRules.guiseLimit)
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
