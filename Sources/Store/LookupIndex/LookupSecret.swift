import DeviceIdentity
import Ledger
import OpenSSL
import SQLite

/// Makes the look-up keys of one ledger. It is random and stays in the file: who chooses UUIDs or names cannot choose keys, so
/// nobody can make thousands of rows come under one.
///
/// SHA-256 over the secret and the value, which no caller ever sees: cut to 48 bits there is nothing to extend, and one
/// block of it is less than what a keyed hash costs in setting up.
struct LookupSecret: Sendable {
    private let secret: [UInt8]

    private static let length = 16

    /// Reads the secret of a file.
    init(_ store: StatementCache) throws(SQLiteError) {
        let select = try store.statement("SELECT octets FROM mark_secret")
        try select.bind()
        defer { select.reset() }
        guard try select.step(), select.blob(0).count == Self.length else {
            throw SQLiteError(damage: "the secret of the ledger's look-up is missing")
        }
        secret = select.blob(0)
    }

    /// Puts a secret into a file that has none; only inside a write transaction.
    static func make(in store: StatementCache) throws(SQLiteError) {
        guard let octets = try? RandomBytes.make(length) else {
            throw SQLiteError(damage: "the random generator gave too little for a secret")
        }
        try store.connection.prepare("INSERT INTO mark_secret (one, octets) VALUES (1, ?)").run(.blob(octets))
    }

    /// The key of a public key: of its own digest, which nobody can choose either.
    static func publicKey(_ keyID: [UInt8]) -> LookupKey { LookupKey(digest: keyID) }

    /// The key of a device.
    func device(_ uuid: DeviceUUID) -> LookupKey { key(1, uuid.bytes) }

    /// The key of a name.
    func name(_ key: SubjectKeys.Key) -> LookupKey { self.key(2, key.skeleton) }

    private func key(_ kind: UInt8, _ value: [UInt8]) -> LookupKey {
        var octets = secret
        octets.append(kind)
        octets += value
        return LookupKey(digest: Digest.sha256(octets))
    }

    /// The keys of an intent: made once, for looking and for noting.
    func keys(of intent: IssuanceIntent) -> IntentKeys {
        let key = Self.publicKey(intent.keyID)
        let names = intent.names.keys.map(name)
        var noted = [key]
        if let device = intent.device { noted.append(self.device(device)) }
        var asked = noted
        if intent.attestation == nil {
            for uuid in intent.names.uuids where uuid != intent.device { asked.append(device(uuid)) }
        } else {
            noted += names
            if let shared = intent.names.shared { noted.append(name(shared)) }
        }
        for uuid in intent.names.possibleUUIDs where uuid != intent.device { asked.append(device(uuid)) }
        return IntentKeys(noted: noted, asked: asked + names + intent.names.others.map(name))
    }

    /// All keys of a row, with what each is of.
    ///
    /// - Parameter holder: the names that the row keeps from other devices: of one that a device vouches for alone.
    func keys(keyID: [UInt8], device: DeviceUUID?, holding holder: SubjectKeys?) -> [(
        what: String, key: LookupKey
    )] {
        var keys = [(what: "key", key: Self.publicKey(keyID))]
        if let device { keys.append(("device", self.device(device))) }
        guard let holder else { return keys }
        for key in holder.keys { keys.append(("name", name(key))) }
        if let shared = holder.shared { keys.append(("name", name(shared))) }
        return keys
    }
}

/// By what an intent's row will be found, and by what others are that may stand in its way.
struct IntentKeys {
    let noted: [LookupKey]
    let asked: [LookupKey]
}
