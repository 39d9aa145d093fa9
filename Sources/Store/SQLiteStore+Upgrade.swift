import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import SQLite

extension SQLiteStore {
    /// Enters the trust that a store of before the audit chain gave: without an entry it would look like somebody's edit.
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
