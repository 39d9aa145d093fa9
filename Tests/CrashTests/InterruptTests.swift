import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// Signals and readers that go away: what is in flight is finished, and no file has half of the results.
    @Suite(.serialized) struct InterruptTests {
        private let shop: LiveVerb.Workshop

        init() throws { shop = try LiveVerb.workshop.get() }

        /// Options that write files, by verb: all are absent after an interrupted run.
        private static let outputs: [String: [String]] = [
            "claim check": ["--rejects", "--report"], "ca issue": ["--pem", "--onboarding-csv"],
        ]

        @Test(arguments: LiveVerb.all.filter(\.writesFiles), [SIGINT, SIGTERM, SIGHUP])
        func noFileHasHalfOfTheResults(_ verb: LiveVerb, signal: Int32) throws {
            let folder = try WorkFolder(in: shop.folder.url)
            let options = ["-o"] + (Self.outputs[verb.name] ?? [])
            let files = options.indices.map { folder.path("result-\($0)") }
            let program = try Conversation(
                TestPaths.binary,
                try verb.arguments(in: shop.folder) + zip(options, files).flatMap { [$0, $1] },
                in: shop.folder.url)
            program.say(verb.header + verb.units.prefix(5).joined())
            try waitForBytes(in: folder)
            program.send(signal)
            let outcome = program.wait(limit: 30)
            #expect(outcome.status == 130)
            #expect(outcome.errors.contains("assay: interrupted after 5 "), "\(outcome.errors)")
            #expect(!outcome.errors.contains("error:"), "\(outcome.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
        }

        /// Waits until the results are written where they have no name yet.
        private func waitForBytes(in folder: WorkFolder) throws {
            let end = Date().addingTimeInterval(20)
            while Date() < end {
                let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
                let sizes = try names.map {
                    try FileManager.default.attributesOfItem(atPath: folder.path($0))[.size] as? Int ?? 0
                }
                if sizes.contains(where: { $0 > 0 }) { return }
                Thread.sleep(forTimeInterval: 0.005)
            }
            Issue.record("nothing was written")
        }

        /// Folders of bodies appear whole or not at all.
        @Test(arguments: ["claim pack", "claim onboard"])
        func noFolderHasHalfOfTheBodies(_ name: String) throws {
            let folder = try WorkFolder(in: shop.folder.url)
            let verb = try #require(LiveVerb.all.first { $0.name == name })
            let arguments = verb.arguments.map { $0 == "$FOLDER" ? folder.path("made") : $0 }
            let program = try Conversation(TestPaths.binary, arguments, in: shop.folder.url)
            program.say(verb.units.prefix(5).joined())
            try #require(program.answer(within: 20) != nil)
            program.send(SIGINT)
            let outcome = program.wait(limit: 30)
            #expect(outcome.status == 130)
            #expect(outcome.errors.contains("assay: interrupted after "))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
        }

        /// Nobody has to write another line for the signal to be noticed, before the first one as after it.
        @Test(arguments: LiveVerb.all)
        func whoWaitsForInputIsWoken(_ verb: LiveVerb) throws {
            let program = try Conversation(
                TestPaths.binary, try verb.arguments(in: shop.folder), in: shop.folder.url)
            // The half of a line belongs to no result.
            program.say(verb.header + "50363154-39")
            Thread.sleep(forTimeInterval: 0.4)
            program.send(SIGINT)
            let outcome = program.wait(limit: 20)
            #expect(outcome.status == 130)
            #expect(!outcome.errors.contains("error:"), "\(outcome.errors)")
            #expect(outcome.output == "")
        }

        /// `| head -1`: no message, and the status that shells know.
        @Test(arguments: LiveVerb.all.filter { !$0.arguments.contains("$FOLDER") })
        func aReaderThatLeavesIsNoError(_ verb: LiveVerb) throws {
            let program = try Conversation(
                TestPaths.binary, try verb.arguments(in: shop.folder), in: shop.folder.url)
            program.say(verb.header + verb.units[0])
            try #require(program.answer(within: 20) != nil)
            program.leave()
            program.say(verb.units.dropFirst().joined())
            program.endInput()
            let outcome = program.wait(hasLeft: true)
            #expect(outcome.status == 141)
            #expect(!outcome.errors.contains("error:"), "\(outcome.errors)")
        }

        /// What was signed when the reader left is in the ledger.
        @Test func aReaderThatLeavesLosesNoCertificate() throws {
            let ca = try LiveVerb.freshCA(in: shop.folder)
            let arguments = ["ca", "issue", "--ca", ca, "--json", "-"]
            let program = try Conversation(TestPaths.binary, arguments, in: shop.folder.url)
            program.say(shop.requests[0])
            try #require(program.answer(within: 20) != nil)
            program.leave()
            program.say(shop.requests.dropFirst().joined())
            program.endInput()
            #expect(program.wait(hasLeft: true).status == 141)
            let again = try shop.folder.run(
                "ca", "issue", "--ca", ca, "--json", "bundle.pem")
            #expect(again.status == 0)
            let rows = try LedgerState(path: shop.folder.path(IssueWorkshop.ledger(ca))).rows
            #expect(rows.count == shop.requests.count)
            #expect(Set(rows.map(\.request)).count == rows.count)
        }

        // MARK: Where results go

        @Test(arguments: LiveVerb.all.filter(\.writesFiles))
        func aFIFOIsWrittenToAsResultsCome(_ verb: LiveVerb) throws {
            let folder = try WorkFolder(in: shop.folder.url)
            let pipe = folder.path("pipe")
            try #require(mkfifo(pipe, 0o600) == 0)
            let program = try Conversation(
                TestPaths.binary, try verb.arguments(in: shop.folder) + ["-o", pipe], in: shop.folder.url)
            let descriptor = open(pipe, O_RDONLY | O_NONBLOCK)
            // Not to block: a program that refuses would be waited for here.
            try #require(descriptor >= 0)
            defer { close(descriptor) }
            program.say(verb.header + verb.units[0])
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            #expect(poll(&request, 1, 20_000) == 1, "\(program.errorsSoFar)")
            program.endInput()
            let outcome = program.wait()
            #expect([0, 1, 3, 4].contains(outcome.status), "\(outcome.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["pipe"])
        }

        /// Nobody reads: a signal ends the waiting.
        @Test func aFIFOWithoutAReaderIsNotWaitedForPastASignal() throws {
            let folder = try WorkFolder(in: shop.folder.url)
            try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
            let program = try Conversation(
                TestPaths.binary, ["csr", "verify", "bundle.pem", "-o", folder.path("pipe")],
                in: shop.folder.url)
            Thread.sleep(forTimeInterval: 0.3)
            program.send(SIGTERM)
            let outcome = program.wait(limit: 20)
            #expect(outcome.status == 130)
            #expect(!outcome.errors.contains("error:"))
        }

        /// The folder of `--out-dir` after a death between any two names: each file is whole, none is left without a
        /// name once the same command has run again, and that completes the folder.
        @Test(arguments: ["before-name:1", "before-name:7", "after-name:12", "after-certificate:1"])
        func aKilledRunLeavesWholeFiles(_ fault: String) throws {
            let folder = try WorkFolder(in: shop.folder.url)
            let arguments = [
                "ca", "issue", "--ca", try LiveVerb.freshCA(in: shop.folder), "--out-dir", folder.path("out"),
                "bundle.pem",
            ]
            let killed = try Program(
                TestPaths.binary, arguments, in: shop.folder.url, environment: ["ASSAY_FAULT": fault]
            ).wait()
            #expect(killed.status == nil)
            func certificates() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder.path("out"))
                    .filter { !$0.hasPrefix(".") }
            }
            for name in try certificates() {
                let text = try String(contentsOfFile: folder.path("out/\(name)"), encoding: .utf8)
                #expect(text.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
                #expect(text.hasSuffix("-----END CERTIFICATE-----\n"))
            }
            #expect(try certificates().count < shop.requests.count)
            let again = try Program(TestPaths.binary, arguments, in: shop.folder.url).wait()
            #expect(again.status == 0, "\(again.errors)")
            #expect(try certificates().count == shop.requests.count)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).count
                    == shop.requests.count)
        }
    }
}
