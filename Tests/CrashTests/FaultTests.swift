import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// `ca issue` dies at each named step of issuing, before and after everything that is made durable.
    @Suite(.serialized) struct FaultTests {
        /// A step, and what it leaves behind.
        struct Fault: Sendable {
            let step: String
            /// Intents in the ledger.
            let intents: Int
            /// Those with their certificate.
            var certificates = 0
            var results = 0
            var hasFile = false
        }

        private static let count = 120
        private static let faults: [Fault] = [
            Fault(step: "before-intent", intents: 0),
            Fault(step: "after-intent", intents: count),
            Fault(step: "before-sign", intents: count),
            Fault(step: "after-sign", intents: count),
            Fault(step: "after-sign:119", intents: count),
            Fault(step: "before-certificate", intents: count),
            Fault(step: "after-certificate", intents: count, certificates: count),
            Fault(step: "before-report", intents: count, certificates: count),
            // Results are written 32 at a time.
            Fault(step: "after-report", intents: count, certificates: count, results: 32),
            Fault(step: "before-name", intents: count, certificates: count),
            Fault(step: "after-name", intents: count, certificates: count, hasFile: true),
        ]

        /// The steps are in debug builds alone.
        private func demandSteps() throws {
            let program = try Data(contentsOf: TestPaths.binary, options: .mappedIfSafe)
            guard program.range(of: Data("ASSAY_FAULT".utf8)) != nil else {
                try Skip.test("this build has no steps to die at")
            }
        }

        @Test(arguments: faults)
        func killedAt(_ fault: Fault) throws {
            try demandSteps()
            let shop = try IssueWorkshop(Self.count)
            let ca = shop.folder.path("ca")
            let file = shop.folder.path("results.jsonl")
            let toFile = fault.step.hasSuffix("-name")
            let killed = try Program(
                TestPaths.binary,
                IssueWorkshop.arguments(ca: ca) + (toFile ? ["-o", file] : []), in: shop.folder.url,
                environment: ["ASSAY_FAULT": fault.step]
            ).wait()
            #expect(killed.status == nil)
            #expect(killed.errors == "")
            let reported = try IssueWorkshop.results(killed)
            #expect(reported.count == fault.results)
            #expect(FileManager.default.fileExists(atPath: file) == fault.hasFile)
            try shop.judge(reported, ca: ca)
            let left = try LedgerState(path: IssueWorkshop.ledger(ca))
            #expect(left.rows.count == fault.intents)
            #expect(left.issued.count == fault.certificates)
            let serials = left.rows.map(\.serial)
            let certificates = left.issued.map(\.certificate)
            let before = try fault.hasFile ? IssueWorkshop.results(in: file) : reported
            let last = try shop.run(ca: ca)
            try shop.judgeWhole(last, ca: ca, before: before)
            #expect(
                try IssueWorkshop.results(last).count { $0.status == "existing" } == fault.certificates)
            // What was intended was issued under the serial number that was intended, and nothing was issued again.
            let after = try LedgerState(path: IssueWorkshop.ledger(ca))
            if fault.intents > 0 { #expect(after.rows.map(\.serial) == serials) }
            if fault.certificates > 0 { #expect(after.issued.map(\.certificate) == certificates) }
        }

        /// With several groups: a transaction that enters the certificates of one notes the intents of a later one.
        @Test(arguments: ["after-intent:2", "after-certificate:2"])
        func killedBetweenGroups(_ step: String) throws {
            try demandSteps()
            let shop = try IssueWorkshop(8_000)
            let ca = shop.folder.path("ca")
            let killed = try Program(
                TestPaths.binary, IssueWorkshop.arguments(ca: ca), in: shop.folder.url,
                environment: ["ASSAY_FAULT": step]
            ).wait()
            #expect(killed.status == nil)
            let reported = try IssueWorkshop.results(killed)
            try shop.judge(reported, ca: ca)
            #expect(try LedgerState(path: IssueWorkshop.ledger(ca)).issued.count >= reported.count)
            try shop.judgeWhole(shop.run(ca: ca), ca: ca, before: reported)
        }

        /// A file for each certificate: those that were written stay, those that were not are written by the next run.
        @Test func killedAmongItsFiles() throws {
            let shop = try IssueWorkshop(Self.count)
            let arguments = IssueWorkshop.arguments(ca: "ca") + ["--out-dir", "out"]
            let folder = shop.folder.path("out")
            func names() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".crt") }
            }
            let program = try Program(TestPaths.binary, arguments, in: shop.folder.url)
            let end = Date().addingTimeInterval(30)
            while Date() < end, ((try? names()) ?? []).count < 5 { Thread.sleep(forTimeInterval: 0.0005) }
            program.send(SIGKILL)
            _ = try program.wait()
            let first = try names()
            #expect(first.count >= 5)
            let last = try Program(TestPaths.binary, arguments, in: shop.folder.url).wait()
            try shop.judgeWhole(last, ca: shop.folder.path("ca"))
            #expect(try names().count == Self.count)
            for result in try IssueWorkshop.results(last) {
                let name = (result.deviceUuid ?? result.serial) + ".crt"
                #expect(
                    try String(contentsOfFile: folder + "/" + name, encoding: .utf8) == result.certificatePem)
            }
        }
    }
}
