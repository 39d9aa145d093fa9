import Attestation
import DeviceIdentity
import Diagnostics
import Ledger
import OpenSSL
import Registry
import SQLite

extension SQLiteStore {
    /// Enters the trust that a store from before the audit chain gave: without an entry it would look like somebody's edit.
    ///
    /// - Parameter version: the store's before it was brought up to date.
    func enterTrust(from version: Int) throws(SQLiteError) {
        guard (1...2).contains(version) else { return }
        chainHead = nil
        defer { chainHead = nil }
        let known = try trustedByEntries()
        let last = try connection.singleInteger("SELECT coalesce(max(at), 0) FROM event")
        let select = try connection.prepare(
            """
            SELECT uuid, point, key_since,
                (SELECT how FROM evidence WHERE evidence.device = device.id ORDER BY evidence.id DESC LIMIT 1)
            FROM device WHERE trust = 1 ORDER BY id
            """)
        while try select.step() {
            guard let uuid = DeviceUUID(bytes: select.blob(0)[...]), !known.contains(uuid),
                let key = P256PublicKey(x963: select.blob(1)[...])
            else { continue }
            let how = Evidence.How(rawValue: select.text(3)) ?? .imported
            try append(
                AuditEvent.trusted(
                    uuid, key.kid, trust: KeyTrust.trusted.rawValue, how: how.rawValue),
                at: max(last, select.integer(2)))
        }
    }

    /// Enters what the older entries say nothing of, as it is now: later edits of it are found. Whether somebody
    /// edited it before, nobody can know.
    ///
    /// - Parameter version: the store's before it was brought up to date.
    func pinRows(from version: Int) throws(SQLiteError) {
        guard (1...4).contains(version) else { return }
        chainHead = nil
        defer { chainHead = nil }
        // Nothing here reads the clock: the entries are as old as the newest thing that they are about.
        let time = try connection.singleInteger(
            """
            SELECT max(coalesce(at, 0)) FROM (
                SELECT max(at) AS at FROM event UNION ALL SELECT max(issued_at) FROM certificate
                UNION ALL SELECT max(registered_at) FROM device UNION ALL SELECT max(at) FROM nonce
                UNION ALL SELECT max(intended_at) FROM issuance)
            """)
        let last = try connection.singleInteger("SELECT coalesce(max(id), 0) FROM issuance")
        try append(
            AuditEvent.pinned(from: version, last: last, issuances: try issuanceDigest(upTo: last)), at: time)
        try pinRevocationLists(at: time)
        try pinDevices(at: time)
        try pinNonces(at: time)
    }

    private func pinRevocationLists(at time: Int64) throws(SQLiteError) {
        let select = try connection.prepare(
            "SELECT authority, number, this_update, next_update, digest FROM crl ORDER BY authority, number")
        while try select.step() {
            try append(AuditEvent.revocationList(Self.revocationList(select)), at: time)
        }
    }

    private func pinDevices(at time: Int64) throws(SQLiteError) {
        let devices = try connection.prepare("SELECT id, uuid FROM device ORDER BY id")
        let evidence = try connection.prepare("UPDATE evidence SET seq = ? WHERE device = ?")
        let tokens = try connection.prepare("SELECT digest, at FROM token WHERE uuid = ? ORDER BY digest")
        let token = try connection.prepare("UPDATE token SET seq = ? WHERE uuid = ?")
        let device = try connection.prepare("UPDATE device SET seq = ? WHERE id = ?")
        while try devices.step() {
            guard let uuid = DeviceUUID(bytes: devices.blob(1)[...]), let known = try record(of: uuid) else {
                continue
            }
            var draft = DeviceDraft(known)
            draft.evidence = try pieces(of: uuid)
            var entry = draft.entry(at: time)
            entry.isPin = true
            try tokens.bind(.blob(uuid.bytes))
            while try tokens.step() {
                entry.tokens.append(.init(digest: tokens.blob(0), at: tokens.integer(1)))
            }
            try append(entry.body, at: time)
            let sequence = Statement.Value.integer(try lastEntry().sequence)
            try device.run(sequence, .integer(devices.integer(0)))
            try evidence.run(sequence, .integer(devices.integer(0)))
            try token.run(sequence, .blob(uuid.bytes))
        }
    }

    private func pinNonces(at time: Int64) throws(SQLiteError) {
        let select = try connection.prepare("SELECT uuid, nonce, at FROM nonce ORDER BY uuid, nonce")
        var digest = RunningDigest()
        while try select.step() {
            digest.add(Self.nonceOctets(select.blob(0), select.blob(1), select.integer(2)))
        }
        guard digest.count > 0 else { return }
        try append(AuditEvent.used(digest), at: time)
        try connection.prepare("UPDATE nonce SET seq = ?").run(.integer(try lastEntry().sequence))
    }

    /// The devices whose key an entry of the chain trusts.
    private func trustedByEntries() throws(SQLiteError) -> Set<DeviceUUID> {
        var devices: Set<DeviceUUID> = []
        let select = try connection.prepare(
            "SELECT body FROM event WHERE body LIKE '{\"kind\":\"trust\",%' ORDER BY seq")
        while try select.step() {
            if case .trust(let device, _, let isTrusted)? = try? EventBody(select.text(0)), isTrusted {
                devices.insert(device)
            }
        }
        return devices
    }
}
