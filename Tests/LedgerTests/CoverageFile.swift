import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Foundation
import Ledger
import OpenSSL
import PKIX
import Registry
import SQLite
import TestFleet
import TestSupport

@testable import Store

/// A file with something in every table, and copies of it that somebody edits.
final class CoverageFile {
    enum Kind: String, CaseIterable, CustomStringConvertible {
        case ledger
        case store
        /// An older store with issuances in it, brought up to date.
        case migrated

        var description: String { rawValue }

        /// What only another kind has.
        var emptyTables: Set<String> {
            switch self {
            case .ledger:
                ["device", "evidence", "token", "observation", "candidate", "nonce", "moved_ledger"]
            case .store:
                [
                    "issuance", "certificate", "series", "crl", "mark", "recent_mark", "mark_filter",
                ]
            case .migrated: ["crl", "recent_mark"]
            }
        }
    }

    struct Column {
        let name: String
        let type: String
        let isNullable: Bool
        /// Whether two rows cannot have the same.
        let isUnique: Bool

        /// An expression for another value.
        func another(_ row: Row) -> String {
            if row.nulls.contains(name) {
                return type == "INTEGER" ? "1" : type == "TEXT" ? "'x'" : "zeroblob(32)"
            }
            switch type {
            case "INTEGER": return "\(name) + 1000003"
            case "TEXT": return "\(name) || 'x'"
            // A filter whose bits are missing would pass marks over; others cost time.
            case _ where name == "octets" && row.table == "mark_filter": return "zeroblob(length(octets))"
            default:
                return """
                    iif(length(\(name)) = 0, zeroblob(65), CAST(substr(\(name), 1, length(\(name)) - 1)
                    || iif(substr(\(name), -1) = x'ff', x'fe', x'ff') AS BLOB))
                    """
            }
        }

        func others(_ row: Row) -> [String] {
            [another(row)] + (isNullable && !row.nulls.contains(name) ? ["NULL"] : [])
        }
    }

    struct Row {
        let table: String
        let condition: String
        let nulls: Set<String>
        let isIntent: Bool
    }

    let kind: Kind
    let head: LedgerPosition
    private let folder: WorkFolder
    private let base: Connection
    private let role: FileRole

    init(_ kind: Kind) throws {
        self.kind = kind
        folder = try WorkFolder()
        let path = folder.path("base.db")
        let id = try FileID.random()
        role = kind == .ledger ? .ledger(id) : .store
        switch kind {
        case .ledger:
            let ledger = try Self.ledger(as: role)
            try withExtendedLifetime(ledger) {
                try FileManager.default.copyItem(atPath: ledger.path, toPath: path)
            }
        case .store: try Self.makeStore(path)
        case .migrated:
            let text = try String(
                contentsOf: TestPaths.fixtures.appendingPathComponent("store/version-4.sql"), encoding: .utf8)
            try Data().write(to: URL(fileURLWithPath: path))
            try Connection(path: path, mode: .readWrite).execute(text)
            _ = try SQLiteStore(path: path, access: .readWrite)
        }
        base = try Connection(path: path, mode: .readWrite)
        if kind != .ledger {
            try base.execute("INSERT INTO moved_ledger VALUES (1, zeroblob(16), '/ca/ledger.db', 1, 1)")
        }
        try base.execute(
            """
            INSERT INTO journal VALUES (1, 'claim', 'https://a', 't');
            INSERT INTO journal_run VALUES (1, 1);
            INSERT INTO journal_entry VALUES (1, zeroblob(16), 4, 1, 1, 1, '');
            INSERT INTO journal_pace VALUES ('https://a', 1, 1)
            """)
        try base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        head = try SQLiteStore(path: path, access: .readOnly, as: role).verifyLedger().head
    }

    // MARK: What is there

    private func texts(_ sql: String) throws -> [[String]] {
        let select = try base.prepare(sql)
        var rows: [[String]] = []
        while try select.step() { rows.append((0..<4).map { select.text($0) }) }
        return rows
    }

    func tables() throws -> [String] {
        try texts(
            """
            SELECT name, '', '', '' FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name
            """
        ).map { $0[0] }
    }

    func columns(of table: String) throws -> [Column] {
        let unique = try texts(
            """
            SELECT info.name, '', '', '' FROM pragma_index_list('\(table)') AS list, pragma_index_info(list.name) AS info
            WHERE list."unique" AND info.name IS NOT NULL
            """
        ).map { $0[0] }
        return try texts("SELECT name, type, \"notnull\", pk FROM pragma_table_info('\(table)')").map {
            Column(
                name: $0[0], type: $0[1], isNullable: $0[2] == "0" && $0[3] == "0",
                isUnique: $0[3] != "0" || unique.contains($0[0]))
        }
    }

    func emptyTables() throws -> Set<String> {
        Set(try tables().filter { try texts("SELECT 1, '', '', '' FROM \($0) LIMIT 1").isEmpty })
    }

    /// The first, some from the middle, the last, and all that are special.
    func rows(of table: String) throws -> [Row] {
        let columns = try columns(of: table)
        let keys = try texts("SELECT name, '', '', '' FROM pragma_table_info('\(table)') WHERE pk > 0").map {
            $0[0]
        }
        let key = (keys.isEmpty ? ["rowid"] : keys).map { "'\($0) = ' || quote(\($0))" }
            .joined(separator: " || ' AND ' || ")
        let nulls = columns.map { "iif(\($0.name) IS NULL, '\($0.name) ', '')" }.joined(separator: " || ")
        let intent = table == "issuance" ? "id NOT IN (SELECT id FROM certificate)" : "0"
        // Of a device without a key there is no evidence, which alone refers to its number.
        let filter = table == "device" ? "WHERE point IS NOT NULL" : ""
        let all = try texts("SELECT \(key), \(nulls), \(intent), '' FROM \(table) \(filter)").map {
            Row(
                table: table, condition: $0[0], nulls: Set($0[1].split(separator: " ").map(String.init)),
                isIntent: $0[2] == "1")
        }
        guard all.count > 8 else { return all }
        return [all[0], all[1], all[2], all[3], all[all.count / 2], all[all.count - 2], all[all.count - 1]]
    }

    /// A value as SQL writes it.
    func value(of column: String, in table: String, _ row: Row) throws -> String {
        try texts("SELECT quote(\(column)), '', '', '' FROM \(table) WHERE \(row.condition)").first?[0]
            ?? "NULL"
    }

    /// What the verification says of a copy on which `sql` was run; the reason where it cannot even be opened.
    func findings(after sql: String, checkpoint: LedgerPosition? = nil) throws -> [String] {
        let path = folder.path("copy.db")
        for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
        try FileManager.default.copyItem(atPath: folder.path("base.db"), toPath: path)
        do {
            let connection = try Connection(path: path, mode: .readWrite)
            try connection.execute("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF")
            try connection.execute(sql)
        }
        do {
            let store = try SQLiteStore(path: path, access: .readOnly, as: role)
            return try store.verifyLedger(checkpoint: checkpoint).findings.map(\.failure.message)
        } catch {
            return [error.message]
        }
    }

    // MARK: Making it

    /// Certificates, one with a device's word, one that replaces another, two revoked; CRLs; an intent; and so many rows
    /// that some are looked up in the large table.
    private static func ledger(as role: FileRole) throws -> TestLedger {
        let ledger = try TestLedger(as: role)
        let store = ledger.store
        store.lookup.rowsPerMove = 1
        for _ in 0..<40 { try ledger.issue() }
        try ledger.reissueLast()
        try ledger.issue(
            attestation: AttestationEvidence(profile: .bound, keyID: [UInt8](repeating: 3, count: 32)))
        _ = try store.revoke([serial(1)], reason: .certificateHold, at: TestLedger.now + 1)
        _ = try store.revoke([serial(1), serial(2)], reason: .superseded, at: TestLedger.now + 2)
        for number in 1...2 {
            _ = try store.issueRevocationList(
                authority: ledger.issuer.identity, thisUpdate: TestLedger.now + Int64(number),
                nextUpdate: TestLedger.now + 60
            ) { _ in [UInt8(number)] }
        }
        _ = try store.exchange([], [ledger.intent()], reissue: false, at: TestLedger.now + 3)
        try Connection(path: ledger.path, mode: .readWrite).execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return ledger
    }

    /// Devices whose keys were added, imported, learned, confirmed, replaced and removed; tokens, pending signatures and
    /// nonces.
    private static func makeStore(_ path: String) throws {
        let store = try SQLiteStore(path: path, access: .create)
        let arithmetic = try P256Arithmetic()
        let devices = try (0..<7).map { try TestDevice(seed: UInt64($0)) }
        func row(_ index: Int, _ trust: KeyTrust?, key: P256PublicKey? = nil) -> Registration {
            var row = Registration(
                uuid: devices[index].uuid, imei: devices[index].imei,
                key: trust.map { IdentityKey(publicKey: key ?? devices[index].publicKey, trust: $0) },
                token: index < 3 ? Array("token \(index)".utf8) : nil, how: .imported,
                inputDigest: [UInt8](repeating: 9, count: 32))
            row.replacesObserved = true
            return row
        }
        func token(_ index: Int, _ nonce: UInt8) throws -> Observation {
            let text = try devices[index].attestation(
                nonce: [UInt8](repeating: nonce, count: 16), signer: arithmetic)
            let candidates = try KeyRecovery.candidates(AttestationToken(Array(text.utf8)[...]), arithmetic)
            return Observation(
                uuid: devices[index].uuid, tokenDigest: Digest.sha256(Array(text.utf8)),
                bound: candidates[.bound] ?? [], plain: candidates[.plain] ?? [])
        }
        _ = try store.register(
            [row(0, .trusted), row(1, .observed), row(2, nil), row(5, .observed)], at: 100)
        _ = try store.learn([token(3, 1), token(3, 2), token(3, 3), token(4, 1)], at: 200)
        _ = try store.confirm(devices[1].uuid, expectedKeyID: devices[1].publicKey.kid, at: 300)
        _ = try store.register([row(5, .trusted, key: devices[6].publicKey), row(6, .trusted)], at: 400)
        _ = try store.remove(devices[6].uuid, at: 500)
        for time in 1...2 {
            _ = try store.use(
                [0, 1].map { (devices[$0].uuid, [UInt8](repeating: UInt8(time), count: 16)) },
                at: 600 + Int64(time))
        }
    }
}
