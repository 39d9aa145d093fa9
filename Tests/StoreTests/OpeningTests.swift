import Diagnostics
import Foundation
import Registry
import SQLite
@testable import Store
import TestFleet
import TestSupport
import Testing

@Suite struct OpeningTests {
    let folder: WorkFolder

    init() throws { folder = try WorkFolder() }

    private var path: String { folder.path("assay.db") }

    private func number(_ sql: String) throws -> Int64 {
        try Connection(path: path, mode: .readOnly).singleInteger(sql)
    }

    @Test func aNewStoreIsMadeForItsOwner() throws {
        let store = try SQLiteStore(path: path, access: .create)
        #expect(store.created)
        #expect(try !SQLiteStore(path: path, access: .create).created)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try number("PRAGMA application_id") == Schema.applicationID)
        #expect(try number("PRAGMA user_version") == Int64(Schema.currentVersion))
    }

    @Test(arguments: [SQLiteStore.Access.readOnly, .readWrite])
    func aMissingFileIsNotMade(_ access: SQLiteStore.Access) {
        let error = toolError { _ = try SQLiteStore(path: path, access: access) }
        #expect(error?.code == .io)
        #expect(error?.message == "there is no store")
        #expect(error?.exitStatus == .localTrouble)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aFolderIsNoStore() {
        for access in [SQLiteStore.Access.readOnly, .readWrite, .create] {
            let error = toolError { _ = try SQLiteStore(path: folder.url.path, access: access) }
            #expect(error?.code == .io && error?.message == "expected a store, found a folder")
        }
    }

    /// A run that was killed before it made the tables leaves this behind; the next that writes goes on from it.
    @Test func anEmptyFileIsNotAnOldStore() throws {
        try folder.write("", to: "assay.db")
        let error = toolError { _ = try SQLiteStore(path: path, access: .readOnly) }
        #expect(error?.code == .io && error?.message == "the file is empty, there is no store in it yet")
        _ = try SQLiteStore(path: path, access: .create)
        _ = try SQLiteStore(path: path, access: .readOnly)
    }

    @Test func aFolderThatIsMissingIsAnError() {
        let error = toolError { _ = try SQLiteStore(path: folder.path("no/assay.db"), access: .create) }
        #expect(error?.code == .io)
        #expect(error?.context.first?.value == folder.path("no/assay.db"))
    }

    @Test func anEmptyFileBecomesAStore() throws {
        try folder.write("", to: "assay.db")
        #expect(toolError { _ = try SQLiteStore(path: path, access: .readOnly) }?.code == .io)
        let store = try SQLiteStore(path: path, access: .readWrite)
        #expect(!store.created)
        #expect(try number("PRAGMA user_version") == Int64(Schema.currentVersion))
        #expect(try StoreState.integrity(path: path) == ["ok"])
    }

    @Test(arguments: [SQLiteStore.Access.readOnly, .readWrite, .create])
    func textIsNoStoreAndIsLeftAlone(_ access: SQLiteStore.Access) throws {
        let text = "uuid,imei,spkiBase64\n" + String(repeating: "not a database\n", count: 100)
        try folder.write(text, to: "assay.db")
        let error = toolError { _ = try SQLiteStore(path: path, access: access) }
        #expect(error?.code == .io)
        #expect(error?.message == "cannot open the store: file is not a database")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test(arguments: [SQLiteStore.Access.readOnly, .readWrite, .create])
    func anotherProgramsDatabaseIsLeftAlone(_ access: SQLiteStore.Access) throws {
        try folder.write("", to: "assay.db")
        do {
            let foreign = try Connection(path: path, mode: .readWrite)
            try foreign.execute("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        }
        let before = try Data(contentsOf: folder.url.appendingPathComponent("assay.db"))
        let error = toolError { _ = try SQLiteStore(path: path, access: access) }
        #expect(error?.code == .io)
        #expect(error?.message == "the file is a database of another program")
        #expect(try Data(contentsOf: folder.url.appendingPathComponent("assay.db")) == before)
    }

    @Test(arguments: [SQLiteStore.Access.readOnly, .readWrite, .create])
    func aNewerStoreIsLeftAlone(_ access: SQLiteStore.Access) throws {
        _ = try SQLiteStore(path: path, access: .create)
        let newer = Schema.currentVersion + 1
        try Connection(path: path, mode: .readWrite).execute("PRAGMA user_version = \(newer)")
        let error = toolError { _ = try SQLiteStore(path: path, access: access) }
        #expect(error?.code == .io)
        #expect(
            error?.message
                == "the store is of a newer assay: expected at most version \(newer - 1), found \(newer)")
        #expect(try number("PRAGMA user_version") == Int64(newer))
    }

    @Test func aDamagedStoreIsAnError() throws {
        do {
            let store = try SQLiteStore(path: path, access: .create)
            _ = try store.register(try (0..<200).map { try TestDevice(seed: $0).registration() }, at: 1)
        }
        let file = folder.url.appendingPathComponent("assay.db")
        var bytes = try Data(contentsOf: file)
        for index in 4_096..<bytes.count { bytes[index] = 0xa5 }
        try bytes.write(to: file)
        let error = toolError {
            let store = try SQLiteStore(path: path, access: .readOnly)
            try store.forEachDevice { _ in true }
        }
        #expect(error?.code == .io)
        #expect(error?.exitStatus == .localTrouble)
    }

    @Test func anyNameIsAFileName() throws {
        for name in ["file:odd?mode=memory", "ä ö.db", "%41.db", ":memory:"] {
            let store = try SQLiteStore(path: folder.path(name), access: .create)
            #expect(store.created)
            #expect(FileManager.default.fileExists(atPath: folder.path(name)))
            _ = try SQLiteStore(path: folder.path(name), access: .readOnly)
        }
    }

    // MARK: Locks

    @Test func aLockIsWaitedFor() throws {
        let store = try SQLiteStore(path: path, access: .create)
        let holder = try Connection(path: path, mode: .readWrite)
        try holder.execute("BEGIN IMMEDIATE")
        let release = ConnectionBox(holder)
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.3)
            try? release.connection.execute("COMMIT")
        }
        let device = try TestDevice(seed: 1)
        #expect(try store.register([device.registration()], at: 1) == [.added])
    }

    @Test func aLockThatStaysIsAnError() throws {
        _ = try SQLiteStore(path: path, access: .create)
        let holder = try Connection(path: path, mode: .readWrite)
        try holder.execute("BEGIN IMMEDIATE")
        let store = try SQLiteStore(path: path, access: .readWrite, busyTimeout: 50)
        let device = try TestDevice(seed: 1)
        let error = toolError { _ = try store.register([device.registration()], at: 1) }
        #expect(error?.code == .locked)
        #expect(error?.exitStatus == .localTrouble)
        // Readers do not wait for writers.
        #expect(try SQLiteStore(path: path, access: .readOnly).key(of: device.uuid) == nil)
        try holder.execute("ROLLBACK")
        #expect(try store.register([device.registration()], at: 1) == [.added])
    }

    @Test func aReaderSeesWhatWasThereWhenItBegan() throws {
        let store = try SQLiteStore(path: path, access: .create)
        _ = try store.register(try (0..<20).map { try TestDevice(seed: $0).registration() }, at: 1)
        let reader = try SQLiteStore(path: path, access: .readOnly)
        let more = try (20..<40).map { try TestDevice(seed: $0).registration() }
        var seen = 0
        try reader.forEachDevice { _ throws(ToolError) in
            seen += 1
            guard seen == 1 else { return true }
            _ = try store.register(more, at: 2)
            return true
        }
        #expect(seen == 20)
        #expect(try StoreState(path: path).devices.count == 40)
    }
}

/// Hands a connection to one other thread, after which the first no longer uses it.
private struct ConnectionBox: @unchecked Sendable {
    let connection: Connection
    init(_ connection: Connection) { self.connection = connection }
}
