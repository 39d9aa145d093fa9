import SQLite
import TestFleet
import Testing

@Suite struct ConnectionTests {
    let folder: WorkFolder
    let connection: Connection

    init() throws {
        folder = try WorkFolder()
        try folder.write("", to: "test.db")
        connection = try Connection(path: folder.path("test.db"), mode: .readWrite, busyTimeout: 20)
        try connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB, c TEXT NOT NULL) STRICT")
    }

    private func failure(_ body: () throws -> Void) -> SQLiteError.Kind? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SQLiteError)?.kind
        }
    }

    private func count() throws -> Int64 {
        let select = try connection.prepare("SELECT count(*) FROM t")
        #expect(try select.step())
        defer { select.reset() }
        return select.integer(0)
    }

    /// Somebody who can write to the file could else have every nonce forgotten as soon as it is noted.
    @Test func whatAFileBringsDoesNotRun() throws {
        try connection.execute(
            """
            CREATE TRIGGER forget AFTER INSERT ON t BEGIN DELETE FROM t; END;
            CREATE VIEW everything AS SELECT * FROM t;
            INSERT INTO t VALUES (1, NULL, 'x');
            """)
        #expect(try count() == 1)
        #expect(failure { try connection.execute("SELECT * FROM everything") } == .other)
        let other = try Connection(path: folder.path("test.db"), mode: .readWrite, busyTimeout: 20)
        try other.execute("INSERT INTO t VALUES (2, NULL, 'y')")
        #expect(try count() == 2)
    }

    @Test func valuesComeBackAsTheyWereBound() throws {
        let insert = try connection.prepare("INSERT INTO t VALUES (?, ?, ?)")
        let blob = (0...255).map { UInt8($0) }
        #expect(try insert.run(.integer(.max), .blob(blob), .text("a\u{0}ü\u{1F600}")) == 1)
        #expect(try insert.run(.integer(.min), .blob([]), .text("")) == 1)
        #expect(try insert.run(.integer(0), .null, .text("x")) == 1)
        let select = try connection.prepare("SELECT * FROM t ORDER BY a")
        #expect(try select.step())
        #expect(select.integer(0) == .min)
        #expect(!select.isNull(1))
        #expect(select.blob(1) == [])
        #expect(select.text(2) == "")
        #expect(try select.step())
        #expect(select.isNull(1))
        #expect(try select.step())
        #expect(select.integer(0) == .max)
        #expect(select.blob(1) == blob)
        #expect(Array(select.text(2).utf8) == Array("a\u{0}ü\u{1F600}".utf8))
        #expect(try !select.step())
    }

    @Test func constraintsAreErrorsOfTheirKind() throws {
        let insert = try connection.prepare("INSERT INTO t VALUES (?, ?, ?)")
        try insert.run(.integer(1), .null, .text("x"))
        #expect(failure { try insert.run(.integer(1), .null, .text("x")) } == .constraint)
        #expect(failure { try insert.run(.integer(2), .null, .null) } == .constraint)
        // The statement can be used again.
        #expect(try insert.run(.integer(2), .null, .text("y")) == 1)
        #expect(try count() == 2)
    }

    @Test func changesAreThoseOfTheStatement() throws {
        let insert = try connection.prepare("INSERT OR IGNORE INTO t VALUES (?, NULL, 'x')")
        #expect(try insert.run(.integer(1)) == 1)
        #expect(try insert.run(.integer(1)) == 0)
    }

    @Test func anErrorRollsBack() throws {
        struct Stop: Error, Equatable {}
        #expect(throws: Stop()) {
            try connection.transaction(
                { () throws(Stop) in
                    do { try connection.execute("INSERT INTO t VALUES (1, NULL, 'x')") } catch {
                        throw Stop()
                    }
                    throw Stop()
                }, mapError: { _ in Stop() })
        }
        #expect(try count() == 0)
        try connection.transaction(
            { () throws(SQLiteError) in try connection.execute("INSERT INTO t VALUES (1, NULL, 'x')") },
            mapError: { $0 })
        #expect(try count() == 1)
    }

    @Test func anotherWriterIsBusy() throws {
        let other = try Connection(path: folder.path("test.db"), mode: .readWrite, busyTimeout: 20)
        try other.execute("BEGIN IMMEDIATE")
        #expect(failure { try connection.execute("INSERT INTO t VALUES (1, NULL, 'x')") } == .busy)
        try other.execute("ROLLBACK")
        try connection.execute("INSERT INTO t VALUES (1, NULL, 'x')")
    }

    @Test func aReaderCannotWrite() throws {
        let reader = try Connection(path: folder.path("test.db"), mode: .readOnly)
        #expect(failure { try reader.execute("INSERT INTO t VALUES (1, NULL, 'x')") } == .readOnly)
        let immutable = try Connection(path: folder.path("test.db"), mode: .immutable)
        #expect(failure { try immutable.execute("INSERT INTO t VALUES (1, NULL, 'x')") } == .readOnly)
    }

    @Test func aFileThatIsNotThereIsNotMade() {
        for mode in [Connection.Mode.readWrite, .readOnly, .immutable] {
            #expect(failure { _ = try Connection(path: folder.path("no.db"), mode: mode) } == .cannotOpen)
        }
    }

    @Test func textIsNoDatabase() throws {
        let path = try folder.write(String(repeating: "text ", count: 500), to: "text.db")
        #expect(
            failure { try Connection(path: path, mode: .readOnly).execute("SELECT * FROM t") }
                == .notADatabase)
    }

    @Test func theConnectionIsHardened() throws {
        // A misspelt column in double quotes would else be a string.
        #expect(failure { _ = try connection.prepare("SELECT \"nothing\" FROM t") } == .other)
        // Defensive mode: the schema cannot be written as a table.
        try? connection.execute("PRAGMA writable_schema = ON")
        #expect(failure { try connection.execute("DELETE FROM sqlite_schema") } != nil)
        #expect(try count() == 0)
    }

    @Test func oddNamesAreNames() throws {
        for name in ["a b%20c?mode=memory#x.db", "ä.db", "file:x.db"] {
            let path = try folder.write("", to: name)
            try Connection(path: path, mode: .readWrite).execute("CREATE TABLE u (x)")
            let reader = try Connection(path: path, mode: .immutable)
            let select = try reader.prepare("SELECT count(*) FROM u")
            #expect(try select.step())
        }
    }
}
