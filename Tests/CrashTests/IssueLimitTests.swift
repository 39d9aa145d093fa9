import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// `ca issue` where it may not write, where there is no room for its results, and told twice to stop.
    @Suite(.serialized) struct IssueLimitTests {
        /// Waits until the program has begun: it made its store.
        private func waitForFile(_ path: String) {
            let end = Date().addingTimeInterval(30)
            while Date() < end, !FileManager.default.fileExists(atPath: path) {
                Thread.sleep(forTimeInterval: 0.001)
            }
        }

        @Test func onAReadOnlyMount() throws {
            let shop = try IssueWorkshop(60)
            try SmallDisk.with(16, below: shop.folder) { disk, _ in
                let store = disk.path("assay.db")
                try shop.folder.write(
                    IssueWorkshop.requests.get().prefix(25).joined(), to: "first.pem")
                let first = try Program(
                    TestPaths.binary, IssueWorkshop.arguments(store: store, input: "first.pem"),
                    in: shop.folder.url
                ).wait()
                #expect(first.status == 0)
                let reported = try IssueWorkshop.results(first)
                try SmallDisk.freeze(below: shop.folder)
                for name in [store, disk.path("new.db")] {
                    let outcome = try shop.run(store: name)
                    #expect(outcome.status == 5)
                    #expect(outcome.output == "")
                    #expect(outcome.errors.contains("\"code\":\"io\""))
                }
                let outcome = try Program(
                    TestPaths.binary,
                    IssueWorkshop.arguments(store: shop.folder.path("other.db"))
                        + ["-o", disk.path("out.jsonl")],
                    in: shop.folder.url
                ).wait()
                #expect(outcome.status == 5)
                #expect(outcome.errors.contains("read-only file system"))
                // Nothing was issued whose result had no place to go.
                #expect(!FileManager.default.fileExists(atPath: shop.folder.path("other.db")))
                // Whoever may only read can still look and check.
                let audit = try shop.folder.run("ca", "audit", "--ca", "ca", "--store", store)
                #expect(audit.status == 0)
                #expect(audit.errors == "assay: 25 certificates, 0 findings\n")
                let exported = try shop.folder.run("ca", "export", "--store", store, "--quiet")
                #expect(exported.output == reported.map(\.certificatePem).joined())
            }
        }

        /// The ledger has room, the results have none: nothing half-written, and the next run has all of them.
        @Test func withoutRoomForItsResults() throws {
            let shop = try IssueWorkshop(2_200)
            let store = shop.folder.path("assay.db")
            try SmallDisk.with(1, below: shop.folder) { disk, grow in
                func run() throws -> Program.Outcome {
                    let files = ["-o", "a", "--pem", "b", "--onboarding-csv", "c"]
                    return try Program(
                        TestPaths.binary,
                        IssueWorkshop.arguments(store: store)
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
                try shop.judgeWhole(shop.run(store: store), store: store)
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
            let program = try shop.start(store: "assay.db")
            waitForFile(shop.folder.path("assay.db"))
            // While it is stopped two signals queue up; both come before it does anything else.
            for signal in [SIGSTOP, SIGINT, SIGTERM, SIGCONT] { program.send(signal) }
            let outcome = try program.wait(limit: 20)
            #expect(outcome.status == 130)
            #expect(outcome.errors == "")
            let store = shop.folder.path("assay.db")
            let reported = try IssueWorkshop.results(outcome)
            #expect(reported.count < 2_200)
            try shop.judgeWhole(shop.run(store: store), store: store, before: reported)
        }

        /// An interrupted run with files: what it signed is in the ledger, no file is half of one, and the same command
        /// again completes them.
        @Test func interruptedWithFiles() throws {
            let shop = try IssueWorkshop(2_200)
            let store = shop.folder.path("assay.db")
            let arguments =
                ["ca", "issue", "--ca", "ca", "--no-passphrase", "--store", store, "bundle.pem"]
                + ["--pem", "all.pem", "--onboarding-csv", "onboard.csv", "--json", "-o", "all.jsonl"]
            let program = try Program(TestPaths.binary, arguments, in: shop.folder.url)
            waitForFile(store)
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
            try shop.judgeWhole(shop.run(store: store), store: store)
        }
    }
}
