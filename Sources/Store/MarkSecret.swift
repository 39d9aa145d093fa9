import DeviceIdentity
import Ledger
import OpenSSL
import SQLite

/// Makes the marks of one ledger. Its secret is random and stays in the file: who chooses UUIDs or names cannot choose
/// marks, so nobody can make thousands of rows come under one.
///
/// SHA-256 over the secret and the value, which no caller ever sees: cut to 48 bits there is nothing to extend, and one
/// block of it is less than what a keyed hash costs in setting up.
struct MarkSecret: Sendable {
    private let secret: [UInt8]

    private static let length = 16

    /// Reads the secret of a file.
    init(_ store: SQLiteStore) throws(SQLiteError) {
        let select = try store.statement("SELECT octets FROM mark_secret")
        try select.bind()
        defer { select.reset() }
        guard try select.step(), select.blob(0).count == Self.length else {
            throw SQLiteError(damage: "the secret of the ledger's look-up is missing")
        }
        secret = select.blob(0)
    }

    /// Puts a secret into a file that has none; only inside a write transaction.
    static func make(in store: SQLiteStore) throws(SQLiteError) {
        guard let octets = try? RandomBytes.make(length) else {
            throw SQLiteError(damage: "the random generator gave too little for a secret")
        }
        try store.connection.prepare("INSERT INTO mark_secret (one, octets) VALUES (1, ?)").run(.blob(octets))
    }

    /// The mark of a device.
    func device(_ uuid: DeviceUUID) -> Int64 { mark(1, uuid.bytes) }

    /// The mark of a name.
    func name(_ key: SubjectKeys.Key) -> Int64 { mark(2, key.skeleton) }

    private func mark(_ kind: UInt8, _ value: [UInt8]) -> Int64 {
        var octets = secret
        octets.append(kind)
        octets += value
        return Mark.key(Digest.sha256(octets))
    }

    /// The marks of an intent: made once, for looking and for filing.
    func marks(of intent: IssuanceIntent) -> IntentMarks {
        let key = Mark.key(intent.keyID)
        let names = intent.names.keys.map(name)
        var filed = [key]
        if let device = intent.device { filed.append(self.device(device)) }
        var asked = filed
        if intent.attestation == nil {
            for uuid in intent.names.uuids where uuid != intent.device { asked.append(device(uuid)) }
        } else {
            filed += names
            if let shared = intent.names.shared { filed.append(name(shared)) }
        }
        for uuid in intent.names.possibleUUIDs where uuid != intent.device { asked.append(device(uuid)) }
        return IntentMarks(filed: filed, asked: asked + names + intent.names.others.map(name))
    }

    /// All marks of a row, with what each is of.
    ///
    /// - Parameter holder: the names that the row keeps from other devices: of one that a device vouches for alone.
    func marks(keyID: [UInt8], device: DeviceUUID?, holding holder: SubjectKeys?) -> [(
        what: String, mark: Int64
    )] {
        var marks = [(what: "key", mark: Mark.key(keyID))]
        if let device { marks.append(("device", self.device(device))) }
        guard let holder else { return marks }
        for key in holder.keys { marks.append(("name", name(key))) }
        if let shared = holder.shared { marks.append(("name", name(shared))) }
        return marks
    }
}

/// By what an intent's row will be found, and by what others are that may stand in its way.
struct IntentMarks {
    let filed: [Int64]
    let asked: [Int64]
}
