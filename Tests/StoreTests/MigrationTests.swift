import Attestation
import DeviceIdentity
import Diagnostics
import Foundation
import OpenSSL
import Registry
import SQLite
@testable import Store
import TestFleet
import TestSupport
import Testing

@Suite struct MigrationTests {
    let folder: WorkFolder

    init() throws { folder = try WorkFolder() }

    private var path: String { folder.path("assay.db") }

    /// Makes a store of a released version from its text.
    private func restore(version: Int) throws {
        let file = TestPaths.fixtures.appendingPathComponent("store/version-\(version).sql")
        try folder.write("", to: "assay.db")
        try Connection(path: path, mode: .readWrite).execute(String(contentsOf: file, encoding: .utf8))
    }

    /// The tables and indexes of a store as SQLite keeps them.
    private func schema(_ path: String) throws -> [String] {
        let select = try Connection(path: path, mode: .readOnly)
            .prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name")
        var found: [String] = []
        while try select.step() { found.append(select.text(0)) }
        return found
    }

    private static let releasedVersions = 1...Schema.currentVersion

    @Test func everyReleasedVersionHasItsFixture() {
        for version in Self.releasedVersions {
            let file = TestPaths.fixtures.appendingPathComponent("store/version-\(version).sql")
            #expect(FileManager.default.fileExists(atPath: file.path), "no fixture of version \(version)")
        }
    }

    @Test(arguments: releasedVersions)
    func aStoreOfEachVersionIsBroughtUpToDate(_ version: Int) throws {
        try restore(version: version)
        let before = try StoreState(path: path)
        #expect(before.devices.count == 4)
        do {
            let store = try SQLiteStore(path: path, access: .readWrite)
            let device = try TestDevice(seed: 1)
            #expect(try store.key(of: device.uuid)?.publicKey == device.publicKey)
            #expect(try store.key(of: device.uuid)?.trust == .trusted)
            #expect(try store.device(device.uuid)?.imei == device.imei)
            #expect(try store.evidence(of: device.uuid).map(\.how) == [.imported, .confirmed])
            #expect(try store.key(of: TestDevice(seed: 2).uuid)?.trust == .observed)
            #expect(try store.key(of: TestDevice(seed: 3).uuid) == nil)
            #expect(try store.use([(device.uuid, [UInt8](repeating: 7, count: 16))], at: 1) == [false])
            // Trust that was given before there was an audit chain has its entry, and certificates theirs.
            let ledger = try store.verifyLedger()
            #expect(ledger.findings == [])
            // Each version up to 4 added one; since then certificates are in ledgers of their own.
            #expect(ledger.certificates == min(version, 4) - 1)
        }
        #expect(try StoreState(path: path) == before)
        #expect(try StoreState.integrity(path: path) == ["ok"])
        let fresh = folder.path("fresh.db")
        _ = try SQLiteStore(path: fresh, access: .create)
        #expect(try schema(path) == schema(fresh))
        // A second opening has nothing to do.
        _ = try SQLiteStore(path: path, access: .create)
        #expect(try StoreState(path: path) == before)
    }

    /// Entries for certificates from before version 4 are rows of their own, which have to agree with the ledger.
    @Test(arguments: [
        (
            "UPDATE event SET at = at + 1 WHERE seq = 4",
            [
                "entry 4 or the one before it was changed: the hash does not follow",
                "the certificate 0cfcf1f88b0e956907b1b53502f6e098315aa724 in the ledger is not the one of entry 4",
            ]
        ),
        (
            "UPDATE event SET body = replace(body, '\"device\"', '\"server\"') WHERE seq = 1",
            [
                "entry 1 or the one before it was changed: the hash does not follow",
                "the certificate 706782c7a5e6e78e2767ecf35f9729a4f935fc1b in the ledger is not the one of entry 1",
            ]
        ),
        (
            "UPDATE event SET body = '{\"kind\":\"party\"}' WHERE seq = 4",
            [
                "entry 4 or the one before it was changed: the hash does not follow",
                "entry 4 is not an event: $: expected issue, reissue, revoke, crl, trust, device, remove, nonces, pin or clock as kind",
                "no entry of the audit chain issues the certificate 0cfcf1f88b0e956907b1b53502f6e098315aa724",
            ]
        ),
        (
            "DELETE FROM event WHERE seq = 1",
            [
                "entry 1 is missing from the audit chain",
                "no entry of the audit chain issues the certificate 706782c7a5e6e78e2767ecf35f9729a4f935fc1b",
            ]
        ),
        (
            "DELETE FROM issuance WHERE id = 1; DELETE FROM certificate WHERE id = 1",
            [
                "the certificate 706782c7a5e6e78e2767ecf35f9729a4f935fc1b of entry 1 is missing from the ledger",
                "the rows of the ledger up to 2 are not as entry 5 found them: one is missing, or when it was "
                    + "intended, what it replaces or whose it is was changed",
            ]
        ),
        (
            "UPDATE certificate SET der = x'3000' WHERE id = 2",
            [
                "the certificate 0cfcf1f88b0e956907b1b53502f6e098315aa724 in the ledger is not the one of entry 4"
            ]
        ),
        (
            "UPDATE issuance SET device = zeroblob(16) WHERE id = 2",
            [
                "the certificate 0cfcf1f88b0e956907b1b53502f6e098315aa724 in the ledger is not the one of entry 4",
                "the rows of the ledger up to 2 are not as entry 5 found them: one is missing, or when it was "
                    + "intended, what it replaces or whose it is was changed",
                "the device of 0cfcf1f88b0e956907b1b53502f6e098315aa724 is not in the look-up index",
            ]
        ),
    ])
    func anEditIsFoundInAStoreOfBefore(_ change: String, _ messages: [String]) throws {
        try restore(version: 3)
        let store = try SQLiteStore(path: path, access: .readWrite)
        try Connection(path: path, mode: .readWrite).execute(change)
        #expect(try store.verifyLedger().findings.map(\.failure.message) == messages)
    }

    private static let steps = [
        "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)",
        "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1",
        "INSERT INTO a VALUES (10, 20)",
    ]

    private func version(_ connection: Connection) throws -> Int64 {
        try connection.singleInteger("PRAGMA user_version")
    }

    @Test(arguments: 0...3)
    func stepsAreTakenFromWhereTheFileIs(_ start: Int) throws {
        try folder.write("", to: "assay.db")
        let connection = try Connection(path: path, mode: .readWrite)
        if start > 0 {
            try Schema.migrate(connection, path: path, migrations: Array(Self.steps.prefix(start)))
            #expect(try version(connection) == Int64(start))
        }
        for _ in 0..<2 {
            try Schema.migrate(connection, path: path, migrations: Self.steps)
            #expect(try version(connection) == 3)
            #expect(try connection.singleInteger("SELECT sum(x) * 100 + sum(y) FROM a") == 1_122)
        }
    }

    @Test func aStepThatFailsLeavesTheVersionBefore() throws {
        try folder.write("", to: "assay.db")
        let connection = try Connection(path: path, mode: .readWrite)
        try Schema.migrate(connection, path: path, migrations: [Self.steps[0]])
        let error = toolError {
            try Schema.migrate(
                connection, path: path, migrations: Self.steps + ["INSERT INTO nowhere VALUES (1)"])
        }
        #expect(error?.code == .io)
        #expect(error?.message == "cannot prepare the store: no such table: nowhere")
        #expect(try version(connection) == 1)
        #expect(try connection.singleInteger("SELECT count(*) FROM a") == 1)
        try Schema.migrate(connection, path: path, migrations: Self.steps)
        #expect(try version(connection) == 3)
    }

    @Test func manyAtOnceMakeOneStore() async throws {
        for round in 0..<10 {
            let path = folder.path("\(round).db")
            let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask { try SQLiteStore(path: path, access: .create).created }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(made == 1)
            #expect(try StoreState.integrity(path: path) == ["ok"])
            #expect(try StoreState(path: path).devices == [])
        }
    }
}
