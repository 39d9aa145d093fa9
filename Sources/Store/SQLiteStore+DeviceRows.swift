import Attestation
import DeviceIdentity
import OpenSSL
import Registry
import SQLite

extension DeviceDraft {
    /// What the audit chain says of it.
    func entry(at time: Int64) -> DeviceEntry {
        var entry = DeviceEntry(
            device: record.uuid, imei: record.imei?.description, registeredAt: record.registeredAt)
        entry.key = record.key.map {
            .init(
                keyID: $0.identity.publicKey.kid, isTrusted: $0.identity.trust != .observed,
                profile: $0.profile?.rawValue, since: $0.since)
        }
        entry.evidence = evidence
        entry.tokens = token.map { [.init(digest: $0.digest, at: time)] } ?? []
        entry.replaced = replaced
        return entry
    }
}

extension SQLiteStore {
    /// Puts a device on record, in the audit chain and in its row; only inside a write transaction.
    func enter(_ draft: DeviceDraft, at time: Int64) throws(SQLiteError) {
        try append(draft.entry(at: time).body, at: time)
        let sequence = try lastEntry().sequence
        if draft.replaced != nil { try forgetEvidence(of: draft.record.uuid) }
        try write(draft.record, isNew: draft.isNew, sequence)
        if !draft.evidence.isEmpty {
            let row = draft.isNew ? connection.lastInsertedRow : try row(of: draft.record.uuid)
            for evidence in draft.evidence { try insert(evidence, row, sequence) }
        }
        if let token = draft.token {
            try statement("INSERT INTO token (uuid, digest, text, at, seq) VALUES (?, ?, ?, ?, ?)").run(
                .blob(draft.record.uuid.bytes), .blob(token.digest),
                .text(String(decoding: token.text, as: UTF8.self)), .integer(time), .integer(sequence))
        }
    }

    private func write(
        _ record: DeviceRecord, isNew: Bool, _ sequence: Int64
    ) throws(SQLiteError) {
        let write = try statement(
            isNew
                ? """
                INSERT INTO device (imei, point, trust, profile, key_since, seq, uuid, registered_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
                : """
                UPDATE device SET imei = ?, point = ?, trust = ?, profile = ?, key_since = ?, seq = ?
                WHERE uuid = ?
                """)
        let key = record.key
        write.begin()
        try write.set(1, text: record.imei?.description)
        try write.set(2, blob: key?.identity.publicKey.point)
        try write.set(3, key.map { Self.code($0.identity.trust) })
        try write.set(4, text: key?.profile?.rawValue)
        try write.set(5, key?.since)
        try write.set(6, sequence)
        try write.set(7, blob: record.uuid.bytes)
        if isNew { try write.set(8, record.registeredAt) }
        _ = try write.step()
    }

    private func row(of device: DeviceUUID) throws(SQLiteError) -> Int64 {
        let select = try statement("SELECT id FROM device WHERE uuid = ?")
        try select.bind(.blob(device.bytes))
        defer { select.reset() }
        return try select.step() ? select.integer(0) : 0
    }

    private func insert(_ evidence: Evidence, _ row: Int64, _ sequence: Int64) throws(SQLiteError) {
        try statement(
            "INSERT INTO evidence (device, at, how, input_digest, profile, seq) VALUES (?, ?, ?, ?, ?, ?)"
        ).run(
            .integer(row), .integer(evidence.at), .text(evidence.how.rawValue),
            evidence.inputDigest.map { .blob($0) } ?? .null,
            evidence.profile.map { .text($0.rawValue) } ?? .null, .integer(sequence))
    }

    /// What tied a key to a device that is no longer its key, and what was kept to learn one.
    func forgetEvidence(of device: DeviceUUID) throws(SQLiteError) {
        try statement("DELETE FROM evidence WHERE device = (SELECT id FROM device WHERE uuid = ?)")
            .run(.blob(device.bytes))
        try statement("DELETE FROM observation WHERE uuid = ?").run(.blob(device.bytes))
        try statement("DELETE FROM candidate WHERE uuid = ?").run(.blob(device.bytes))
    }
}
