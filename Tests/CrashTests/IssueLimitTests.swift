import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// `ca issue` where it may not write, where there is no room for its results, and told twice to stop.
    @Suite(.serialized) struct IssueLimitTests {
        /// Waits until the program has begun: it opened the ledger for writing.
        private func waitForLog(_ ca: String) {
            let path = IssueWorkshop.ledger(ca) + "-wal"
            let end = Date().addingTimeInterval(30)
            while Date() < end, !FileManager.default.fileExists(atPath: path) {
                Thread.sleep(forTimeInterval: 0.001)
            }
        }

        @Test func onAReadOnlyMount() throws {
            let shop = try IssueWorkshop(60)
            try SmallDisk.with(16, below: shop.folder) { disk, _ in
                let ca = try shop.copy(disk.path("ca"))
                try shop.folder.write(
                    IssueWorkshop.requests.get().prefix(25).joined(), to: "first.pem")
                let first = try Program(
                    TestPaths.binary, IssueWorkshop.arguments(ca: ca, input: "first.pem"),
                    in: shop.folder.url
                ).wait()
                #expect(first.status == 0)
                let reported = try IssueWorkshop.results(first)
                try SmallDisk.freeze(below: shop.folder)
                let made = try shop.folder.run(
                    "ca", "init", disk.path("new"), "--subject", "CN=New", "--no-passphrase", "--json")
                for outcome in [try shop.run(ca: ca), made] {
                    #expect(outcome.status == 5)
                    #expect(outcome.output == "")
                    #expect(outcome.errors.contains("\"code\":\"io\""))
                }
                let other = try shop.copy(shop.folder.path("other"))
                let outcome = try Program(
                    TestPaths.binary,
                    IssueWorkshop.arguments(ca: other)
                        + ["-o", disk.path("out.jsonl")],
                    in: shop.folder.url
                ).wait()
                #expect(outcome.status == 5)
                #expect(outcome.errors.contains("read-only file system"))
                // Nothing was issued whose result had no place to go.
                #expect(try LedgerState(path: IssueWorkshop.ledger(other)).rows == [])
                // Whoever may only read can still look and check.
                let audit = try shop.folder.run("ca", "audit", "--ca", ca)
                #expect(audit.status == 0)
                #expect(audit.errors == "assay: 25 certificates, 0 findings\n")
                let exported = try shop.folder.run("ca", "export", "--ca", ca, "--quiet")
                #expect(exported.output == reported.map(\.certificatePem).joined())
            }
        }

        /// The ledger has room, the results have none: nothing half-written, and the next run has all of them.
        @Test func withoutRoomForItsResults() throws {
            let shop = try IssueWorkshop(2_200)
            let ca = shop.folder.path("ca")
            try SmallDisk.with(1, below: shop.folder) { disk, grow in
                func run() throws -> Program.Outcome {
                    let files = ["-o", "a", "--pem", "b", "--onboarding-csv", "c"]
                    return try Program(
                        TestPaths.binary,
                        IssueWorkshop.arguments(ca: ca)
                            + files.map { $0.hasPrefix("-") ? $0 : disk.path($0) },
                        in: shop.folder.url
                    ).wait()
                }
                let full = try run()
                #expect(full.status == 5)
                #expect(full.errors.contains("no space left on device"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path) == [])
                try grow()
                let outcome = try run()
                #expect(outcome.status == 0)
                #expect(outcome.errors == "")
                try shop.judgeWhole(shop.run(ca: ca), ca: ca)
                let names = try FileManager.default.contentsOfDirectory(atPath: disk.url.path).sorted()
                #expect(names == ["a", "b", "c", "c-0002", "c-0003"])
                let counts = try names.map {
                    try String(contentsOfFile: disk.path($0), encoding: .utf8)
                        .components(separatedBy: "BEGIN CERTIFICATE").count - 1
                }
                #expect(counts == [2_200, 2_200, 1_000, 1_000, 200])
            }
        }

        /// The second signal does not wait for anything.
        @Test func aSecondSignalEndsItAtOnce() throws {
            let shop = try IssueWorkshop(2_200)
            let program = try shop.start(ca: "ca")
            waitForLog(shop.folder.path("ca"))
            // While it is stopped two signals queue up; both come before it does anything else.
            for signal in [SIGSTOP, SIGINT, SIGTERM, SIGCONT] { program.send(signal) }
            let outcome = try program.wait(limit: 20)
            #expect(outcome.status == 130)
            #expect(outcome.errors == "")
            let ca = shop.folder.path("ca")
            let reported = try IssueWorkshop.results(outcome)
            #expect(reported.count < 2_200)
            try shop.judgeWhole(shop.run(ca: ca), ca: ca, before: reported)
        }

        /// An interrupted run with files: what it signed is in the ledger, no file is half of one, and the same command
        /// again completes them.
        @Test func interruptedWithFiles() throws {
            let shop = try IssueWorkshop(2_200)
            let ca = shop.folder.path("ca")
            let arguments =
                ["ca", "issue", "--ca", ca, "--no-passphrase", "bundle.pem"]
                + ["--pem", "all.pem", "--onboarding-csv", "onboard.csv", "--json", "-o", "all.jsonl"]
            let program = try Program(TestPaths.binary, arguments, in: shop.folder.url)
            waitForLog(ca)
            program.send(SIGINT)
            let outcome = try program.wait()
            #expect(outcome.status == 130)
            #expect(outcome.errors.contains("assay: note: interrupted, no result file was made"))
            #expect(outcome.errors.split(separator: "\n").last?.contains(" requests: ") == true)
            let names = ["all.jsonl", "all.pem", "onboard.csv", "onboard-0002.csv", "onboard-0003.csv"]
            #expect(names.allSatisfy { !FileManager.default.fileExists(atPath: shop.folder.path($0)) })
            let last = try Program(TestPaths.binary, arguments, in: shop.folder.url).wait()
            #expect(last.status == 0)
            #expect(names.allSatisfy { FileManager.default.fileExists(atPath: shop.folder.path($0)) })
            #expect(try IssueWorkshop.results(in: shop.folder.path("all.jsonl")).count == 2_200)
            try shop.judgeWhole(shop.run(ca: ca), ca: ca)
        }
    }
}
