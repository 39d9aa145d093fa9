import Foundation
import Ledger
import SQLite
import TestSupport
import Testing

@testable import Store

/// Every column of every table is edited, every row removed, doubled and exchanged for another, as somebody with a copy
/// of sqlite3 does it, and the verification has to find it or the list below has to say why it does not.
///
/// The tables and columns are read from the file: a new one fails the test until it is covered or listed. So does one that
/// is listed and found after all.
@Suite struct CoverageTests {
    /// A kind of edit that is not found, and why that is no harm. The manual says the same.
    static let uncovered: [String: String] = [
        // What a stranger's token may put there anyway; a key that is learned from it is observed, and entered.
        "observation": "pending signatures, which anybody may send",
        "candidate": "the look-up of pending signatures",
        // A look-up with marks that are missing is found. What is too much in it costs time.
        "mark inserted": "leads to a row that is looked at in vain",
        "recent_mark inserted": "leads to a row that is looked at in vain",
        "mark_filter.range": "a filter that is not found is not used",
        "mark_filter.entries": "decides when a filter is made anew",
        "mark_filter removed": "a filter that is not found is not used",
        "mark_filter inserted": "a filter that passes no mark over costs nothing but time",
        "filing": "decides when marks are moved",
        // Numbers that nothing refers to.
        "evidence.id": "gives the order in which evidence is shown",
        "identity.one": "there is one row", "mark_secret.one": "there is one row",
        "mark_secret inserted": "the first row counts",
        "store mark_secret.octets": "nothing is filed under a mark",
        "identity.origin":
            "without an earlier store there are no entries about devices that could be passed over",
        "identity inserted": "the first row counts",
        "series inserted": "means nothing until a certificate is issued under it",
        // Where an older store says its issuances went; the ledger there has its own chain.
        "journal": "what was sent the service knows", "journal_run": "", "journal_entry": "",
        "journal_pace": "",
        "moved_ledger": "the ledger that is named has its own id and its own chain",
        // Nothing was signed for an intent. It is held against the request when it is completed.
        "intent.series": "", "intent.request": "", "intent.serial": "", "intent.subject": "",
        "intent.not_before": "", "intent.not_after": "", "intent.tbs_digest": "",
        "intent.attestation_key": "", "intent.intended_at": "",
        "intent.key_id": "beyond the octets by which it is looked up",
        "intent.device cleared": "one mark too many", "intent removed": "",
        // A store's id is compared with nothing; a ledger's is, with the one in the CA's folder.
        "store identity.id": "no folder names a store by its id",
        "migrated identity.id": "no folder names a store by its id",
    ]

    private struct Edit {
        /// What ``uncovered`` calls it; the first that is listed counts.
        let names: [String]
        let sql: String
    }

    @Test(arguments: CoverageFile.Kind.allCases)
    func everyEditIsFoundOrListed(_ kind: CoverageFile.Kind) throws {
        let file = try CoverageFile(kind)
        #expect(try file.findings(after: "") == [], "the untouched file")
        var used: Set<String> = []
        for edit in try edits(file) {
            let findings = try file.findings(after: edit.sql)
            if let listed = edit.names.first(where: { Self.uncovered[$0] != nil }) {
                used.insert(listed)
                #expect(findings.isEmpty, "\(listed) is listed as not covered, and found by: \(edit.sql)")
            } else {
                #expect(!findings.isEmpty, "neither found nor listed: \(edit.names) by: \(edit.sql)")
            }
        }
        #expect(try file.emptyTables() == kind.emptyTables, "tables without a row are not tested")
    }

    /// What is listed has to be about something that is there.
    @Test func theListHasNoDeadEntries() throws {
        var known: Set<String> = []
        for kind in CoverageFile.Kind.allCases {
            for edit in try edits(CoverageFile(kind)) { known.formUnion(edit.names) }
        }
        #expect(Set(Self.uncovered.keys).subtracting(known) == [])
    }

    @Test(arguments: CoverageFile.Kind.allCases)
    func theEndThatIsCutOffIsFoundWithACheckpoint(_ kind: CoverageFile.Kind) throws {
        let file = try CoverageFile(kind)
        let head = file.head
        let cut = ["event", "certificate"].map { "DELETE FROM \($0) WHERE seq = \(head.sequence)" }
        #expect(
            try file.findings(after: cut.joined(separator: ";"), checkpoint: head).contains {
                $0.contains("cut off")
            })
    }

    /// Tables, triggers and indexes are those of the version.
    @Test(arguments: [
        "CREATE TRIGGER t AFTER INSERT ON issuance BEGIN DELETE FROM nonce; END", "CREATE TABLE t (x)",
        "CREATE VIEW v AS SELECT 1", "DROP INDEX certificate_seq", "ALTER TABLE crl ADD COLUMN x INTEGER",
    ])
    func anotherSchemaIsFound(_ change: String) throws {
        let file = try CoverageFile(.ledger)
        #expect(try file.findings(after: change) != [])
    }

    /// The manual has a list of the tables and what becomes of their columns.
    @Test func theManualNamesEveryColumn() throws {
        let manual = try String(
            contentsOf: TestPaths.root.appendingPathComponent("man/assay-formats.5"), encoding: .utf8)
        let page = try #require(
            manual.components(separatedBy: "\n.Ss The audit chain\n").last?
                .components(separatedBy: "\n.Ss The clock\n").first)
        let file = try CoverageFile(.store)
        for table in try file.tables() {
            let parts = page.components(separatedBy: "\n.It Li \(table)\n")
            #expect(parts.count == 2, "the manual has no list of \(table)")
            let words =
                parts.last?.components(separatedBy: "\n.It Li ").first?
                .split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init) ?? []
            for column in try file.columns(of: table) {
                #expect(words.contains(column.name), "the manual does not name \(table).\(column.name)")
            }
        }
    }

    // MARK: Edits

    private func edits(_ file: CoverageFile) throws -> [Edit] {
        var edits: [Edit] = []
        for table in try file.tables() {
            let columns = try file.columns(of: table)
            for row in try file.rows(of: table) {
                let place = "WHERE \(row.condition)"
                let noun = row.isIntent ? "intent" : table
                for column in columns {
                    let names = ["\(file.kind) \(noun).\(column.name)", "\(noun).\(column.name)", table]
                    for value in column.others(row) {
                        // What is taken away may be found where what is changed is not, and the other way round.
                        let names = value == "NULL" ? names.map { "\($0) cleared" } + names : names
                        edits.append(
                            Edit(names: names, sql: "UPDATE \(table) SET \(column.name) = \(value) \(place)"))
                    }
                }
                edits.append(
                    Edit(names: ["\(noun) removed", table], sql: "DELETE FROM \(table) \(place)"))
                let values = columns.map { $0.isUnique ? $0.another(row) : $0.name }.joined(separator: ", ")
                edits.append(
                    Edit(
                        names: ["\(table) inserted", table],
                        sql: "INSERT INTO \(table) SELECT \(values) FROM \(table) \(place)"))
            }
            edits += try exchanges(table, columns, file)
        }
        return edits
    }

    /// Two rows that have each other's value.
    private func exchanges(
        _ table: String, _ columns: [CoverageFile.Column], _ file: CoverageFile
    ) throws -> [Edit] {
        let rows = try file.rows(of: table).filter { !$0.isIntent }
        guard let first = rows.first, let last = rows.last, rows.count > 1 else { return [] }
        return try columns.compactMap { column in
            let values = try [first, last].map { try file.value(of: column.name, in: table, $0) }
            guard !column.isUnique, values[0] != values[1] else { return nil }
            return Edit(
                names: ["\(table).\(column.name)", table],
                sql: """
                    UPDATE \(table) SET \(column.name) = \(values[1]) WHERE \(first.condition);
                    UPDATE \(table) SET \(column.name) = \(values[0]) WHERE \(last.condition)
                    """)
        }
    }
}
