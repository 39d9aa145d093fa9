import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// `ca issue` killed, interrupted, in company and without room: one certificate for each request all the same.
    @Suite(.serialized) struct IssueCrashTests {
        /// Requests of a run and how often runs of this kind are killed: small runs die in every part of their work, in
        /// large ones a group is signed while the next is read.
        private static let killings = isSoak ? [(300, 120), (count, 80)] : [(300, 44), (count, 8)]
        /// More than one group of requests that share a flush.
        private static let count = isSoak ? IssueWorkshop.most : 5_000

        @Test(arguments: killings)
        func killedAtRandomMoments(_ count: Int, _ kills: Int) throws {
            let shop = try IssueWorkshop(count)
            let start = Date()
            let calm = try shop.copy(shop.folder.path("undisturbed"))
            let undisturbed = try shop.run(ca: calm)
            let whole = Date().timeIntervalSince(start)
            try shop.judgeWhole(undisturbed, ca: calm)
            var random = SplitMix64(seed: 11)
            var killed = 0
            var attempts = 0
            var killedWithResults = 0
            var folders = 0
            while killed < kills, attempts < 4 * kills {
                folders += 1
                let ca = try shop.copy(shop.folder.path("\(folders)"))
                var reported: [IssueResult] = []
                // One ledger is written to by runs that are killed once or several times before it may end.
                for _ in 0...(random.next() % 8) where killed < kills {
                    attempts += 1
                    let program = try shop.start(ca: ca)
                    // Results come at the end of a group alone: of three kills one waits for them.
                    let afterResults = random.next() % 3 == 0
                    if afterResults { program.waitForOutput(bytes: 1, limit: 30) }
                    let share = Double(random.next() % 1000) / 1000
                    Thread.sleep(forTimeInterval: whole * share * (afterResults ? 0.05 : 0.8))
                    program.send(SIGKILL)
                    let outcome = try program.wait()
                    let results = try IssueWorkshop.results(outcome)
                    if outcome.status == nil {
                        killed += 1
                        if !results.isEmpty { killedWithResults += 1 }
                    } else {
                        #expect(outcome.status == 0)
                        #expect(results.count == count)
                    }
                    reported += results
                    try shop.judge(results, ca: ca)
                    if outcome.status == 0 { break }
                }
                try shop.judgeWhole(shop.run(ca: ca), ca: ca, before: reported)
                try FileManager.default.removeItem(atPath: ca)
            }
            #expect(killed == kills)
            // A small run has all of its results at once, at its end.
            #expect(killedWithResults > 0 || count < Self.count)
        }

        @Test(arguments: [2, 4])
        func togetherOneCertificateForEachRequest(_ processes: Int) throws {
            let shop = try IssueWorkshop(Self.count)
            let running = try (0..<processes).map { _ in try shop.start(ca: "ca") }
            let outcomes = try running.map { try $0.wait() }
            #expect(outcomes.map(\.errors) == [String](repeating: "", count: processes))
            let ca = shop.folder.path("ca")
            let results = try outcomes.map { try shop.judgeWhole($0, ca: ca) }
            for other in results.dropFirst() {
                #expect(other.map(\.csrSha256) == results[0].map(\.csrSha256))
                #expect(other.map(\.certificatePem) == results[0].map(\.certificatePem))
            }
            // Each certificate was made by one of them.
            let makers = (0..<Self.count).map { index in results.count { $0[index].status == "issued" } }
            #expect(makers.allSatisfy { $0 == 1 })
        }

        /// Room for little more than intents, or for the certificates of some groups too: how many, depends on how fast they
        /// are signed.
        @Test(arguments: [1, 5])
        func onAFullDisk(_ megabytes: Int) throws {
            let shop = try IssueWorkshop(5_000)
            try SmallDisk.with(megabytes, below: shop.folder) { disk, grow in
                let ca = try shop.copy(disk.path("ca"))
                var reported: [IssueResult] = []
                // Still full: a second try says the same and harms nothing.
                for _ in 0..<2 {
                    let outcome = try shop.run(ca: ca)
                    #expect(outcome.status == 5)
                    #expect(outcome.errors.contains("\"code\":\"io\""))
                    let results = try IssueWorkshop.results(outcome)
                    #expect(results.count < 5_000)
                    reported += results
                }
                #expect(megabytes == 1 || !reported.isEmpty)
                try grow()
                try shop.judge(reported, ca: ca)
                try shop.judgeWhole(shop.run(ca: ca), ca: ca, before: reported)
            }
        }

        @Test func interruptedAfterItsFirstResults() throws {
            // What is under way is finished, so more has to be there than that.
            let shop = try IssueWorkshop(IssueWorkshop.most)
            let ca = shop.folder.path("ca")
            let program = try shop.start(ca: ca)
            program.waitForOutput(bytes: 1, limit: 30)
            program.send(SIGINT)
            let outcome = try program.wait()
            #expect(outcome.status == 130)
            #expect(outcome.output.hasSuffix("\n"))
            let reported = try IssueWorkshop.results(outcome)
            #expect(reported.count > 0)
            #expect(reported.count < IssueWorkshop.most)
            try shop.judge(reported, ca: ca)
            // Nothing is entered that is not reported: the two are of one group.
            #expect(
                try LedgerState(path: IssueWorkshop.ledger(ca)).issued.map(\.serial) == reported.map(\.serial)
            )
            try shop.judgeWhole(shop.run(ca: ca), ca: ca, before: reported)
        }

        /// A request comes again while its first signature is under way: both lines get the one certificate.
        @Test(arguments: isSoak ? [1, 2, 8, 64] : [8])
        func requestsThatComeAgainInTheNextGroup(_ jobs: Int) throws {
            let shop = try IssueWorkshop(1_030)
            let requests = try IssueWorkshop.requests.get()
            let repeated = requests[..<1_010] + requests[910..<1_010] + requests[1_010..<1_030]
            try shop.folder.write(repeated.joined(), to: "repeated.pem")
            let outcome = try Program(
                TestPaths.binary,
                IssueWorkshop.arguments(ca: "ca", input: "repeated.pem") + ["--jobs", String(jobs)],
                in: shop.folder.url
            ).wait()
            #expect(outcome.status == 0)
            let results = try IssueWorkshop.results(outcome)
            #expect(results.count == 1_130)
            #expect(
                results.map(\.status) == (0..<1_130).map { 1_010..<1_110 ~= $0 ? "existing" : "issued" })
            #expect(
                results.dropFirst(1_010).prefix(100).map(\.certificatePem)
                    == results[910..<1_010].map(\.certificatePem))
            let ca = shop.folder.path("ca")
            try shop.judge(results, ca: ca)
            #expect(try LedgerState(path: IssueWorkshop.ledger(ca)).issued.count == 1_030)
        }
    }
}
