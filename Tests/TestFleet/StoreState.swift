import SQLite

/// What a store holds, read around the Store module: texts that are equal for equal content. Times are left out.
public struct StoreState: Equatable, Sendable {
    public let devices: [String]
    public let evidence: [String]
    public let tokens: [String]
    public let observations: [String]
    public let nonces: Set<String>

    public init(path: String) throws {
        let connection = try Connection(path: path, mode: .readWrite)
        func rows(_ sql: String) throws -> [String] {
            let select = try connection.prepare(sql)
            var rows: [String] = []
            while try select.step() { rows.append(select.text(0)) }
            return rows
        }
        devices = try rows(
            """
            SELECT hex(uuid) || '|' || coalesce(imei, '-') || '|' || coalesce(hex(point), '-') || '|'
                || coalesce(trust, '-') || '|' || coalesce(profile, '-')
            FROM device ORDER BY uuid
            """)
        evidence = try rows(
            """
            SELECT hex(uuid) || '|' || how || '|' || coalesce(hex(input_digest), '-') || '|'
                || coalesce(evidence.profile, '-')
            FROM evidence JOIN device ON device.id = evidence.device ORDER BY uuid, how, input_digest
            """)
        tokens = try rows("SELECT hex(uuid) || '|' || hex(digest) FROM token ORDER BY uuid, digest")
        observations = try rows(
            "SELECT hex(uuid) || '|' || hex(digest) FROM observation ORDER BY uuid, digest")
        nonces = Set(try rows("SELECT lower(hex(uuid)) || '|' || lower(hex(nonce)) FROM nonce"))
    }

    /// The UUIDs of the devices in a store, as 32 upper-case hex digits.
    public static func deviceIDs(path: String) throws -> Set<String> {
        let select = try Connection(path: path, mode: .readWrite).prepare("SELECT hex(uuid) FROM device")
        var found: Set<String> = []
        while try select.step() { found.insert(select.text(0)) }
        return found
    }

    /// The UUIDs of the devices, as 32 upper-case hex digits.
    public var deviceIDs: Set<String> { Set(devices.map { String($0.prefix(32)) }) }

    /// What SQLite finds wrong with the file: `["ok"]` for nothing.
    public static func integrity(path: String) throws -> [String] {
        let connection = try Connection(path: path, mode: .readWrite)
        var found: [String] = []
        for check in ["PRAGMA integrity_check", "PRAGMA foreign_key_check"] {
            let select = try connection.prepare(check)
            while try select.step() { found.append(select.text(0)) }
        }
        return found
    }
}
