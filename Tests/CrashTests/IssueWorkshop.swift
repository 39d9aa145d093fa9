import Foundation
import TestFleet
import TestSupport
import Testing

/// A folder with a CA and a file of requests, and the judge of what runs of `ca issue` make of them.
final class IssueWorkshop: Sendable {
    struct Missing: Error {}

    let folder: WorkFolder
    let count: Int

    /// Makes the CA `ca` and `bundle.pem` with `count` requests, at most ``most``.
    init(_ count: Int) throws {
        folder = try WorkFolder()
        self.count = count
        try folder.write(try Self.requests.get().prefix(count).joined(), to: "bundle.pem")
        #expect(try folder.run("ca", "init", "ca", "--subject", "CN=Root", "--no-passphrase").status == 0)
    }

    static let most = 8_000

    /// Requests in PEM, made once for all tests.
    static let requests = Result {
        let folder = try WorkFolder()
        let beside = TestPaths.binary.deletingLastPathComponent()
        let built = TestPaths.root.appendingPathComponent(".build/debug")
        let maker = [beside, built].map { $0.appendingPathComponent("assay-benchmark-data") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let maker else { throw Missing() }
        let made = try Program(
            maker, ["csrs", "--count", String(most), "--out", folder.url.path], in: folder.url
        ).wait()
        guard made.status == 0 else { throw Missing() }
        let end = "-----END CERTIFICATE REQUEST-----\n"
        return try String(contentsOfFile: folder.path("csrs.pem"), encoding: .utf8)
            .components(separatedBy: end).dropLast().map { $0 + end }
    }

    /// The ledger of the CA in a folder.
    static func ledger(_ ca: String) -> String { ca + "/ledger.db" }

    /// A copy of the CA, which has issued nothing, in a folder of its own.
    func copy(_ path: String) throws -> String {
        try FileManager.default.copyItem(atPath: folder.path("ca"), toPath: path)
        return path
    }

    static func arguments(ca: String, input: String = "bundle.pem") -> [String] {
        ["ca", "issue", "--ca", ca, "--no-passphrase", "--json", "--quiet", input]
    }

    func start(ca: String) throws -> Program {
        try Program(TestPaths.binary, Self.arguments(ca: ca), in: folder.url)
    }

    func run(ca: String) throws -> Program.Outcome { try start(ca: ca).wait() }

    /// The results in whole lines: each has a certificate, and none comes twice.
    static func results(_ outcome: Program.Outcome) throws -> [IssueResult] { try results(outcome.output) }

    /// The same of a result file.
    static func results(in file: String) throws -> [IssueResult] {
        try results(String(contentsOfFile: file, encoding: .utf8))
    }

    private static func results(_ output: String) throws -> [IssueResult] {
        let end = output.utf8.lastIndex(of: UInt8(ascii: "\n")) ?? output.startIndex
        let array = "[" + output[..<end].replacingOccurrences(of: "}\n{", with: "},{") + "]"
        let results = try JSONDecoder().decode([IssueResult].self, from: Data(array.utf8))
        #expect(results.allSatisfy { ["issued", "existing"].contains($0.status) })
        return results
    }

    /// The ledger is whole and sound, and what was reported is in it, octet for octet.
    func judge(_ reported: [IssueResult], ca: String) throws {
        #expect(try StoreState.integrity(path: Self.ledger(ca)) == ["ok"])
        #expect(try folder.run("ledger", "verify", "--ca", ca).status == 0)
        let state = try LedgerState(path: Self.ledger(ca))
        // Never two intents for a request, nor two of a serial.
        #expect(state.rows.allSatisfy { $0.isCurrent })
        #expect(Set(state.rows.map(\.request)).count == state.rows.count)
        #expect(Set(state.rows.map(\.serial)).count == state.rows.count)
        let rows = Dictionary(uniqueKeysWithValues: state.rows.map { ($0.request, $0) })
        let wrong = reported.filter { !$0.isOf(rows[$0.csrSha256]) }.map(\.input.line)
        #expect(wrong == [], "results that the ledger does not know, by line")
    }

    /// A run to the end: one certificate for each request, those of `before` unchanged.
    @discardableResult
    func judgeWhole(
        _ outcome: Program.Outcome, ca: String, before: [IssueResult] = []
    ) throws -> [IssueResult] {
        #expect(outcome.status == 0)
        let results = try Self.results(outcome)
        #expect(results.count == count)
        #expect(results.map(\.input.line) == results.map(\.input.line).sorted())
        #expect(Set(results.map(\.csrSha256)).count == count)
        try judge(results, ca: ca)
        let state = try LedgerState(path: Self.ledger(ca))
        #expect(state.rows.count == count)
        #expect(state.issued.count == count)
        let audit = try folder.run("ca", "audit", "--ca", ca, "--json")
        #expect(audit.status == 0, "\(audit.output.prefix(2_000))")
        #expect(audit.errors.hasSuffix("assay: \(count) certificates, 0 findings\n"))
        let final = Dictionary(results.map { ($0.csrSha256, $0) }) { first, _ in first }
        let changed = before.filter { old in
            guard let new = final[old.csrSha256] else { return true }
            return new.status != "existing" || new.certificatePem != old.certificatePem
        }
        #expect(changed.map(\.input.line) == [], "results that are others now, by line")
        return results
    }
}

/// A line of `ca issue --json` with a certificate.
struct IssueResult: Decodable {
    struct Input: Decodable { let line: Int }

    let input: Input
    let status: String
    let deviceUuid: String?
    let serial: String
    let csrSha256: String
    let fingerprintSha256: String
    let certificatePem: String

    /// Whether the row of the ledger is this result's.
    func isOf(_ row: LedgerState.Row?) -> Bool {
        guard let row else { return false }
        let body = Data(row.certificate).base64EncodedString(
            options: [.lineLength64Characters, .endLineWithLineFeed])
        let pem = "-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n"
        return row.request == csrSha256 && row.serial == serial && row.fingerprint == fingerprintSha256
            && certificatePem == pem
    }
}
