import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// `| head`: what a ledger holds and what files there are when the reader of the results has gone away.
    ///
    /// The status is 141, as of a program that SIGPIPE ended; the run ends by itself all the same, so that what was
    /// signed is entered and what is half is taken away.
    @Suite(.serialized) struct ReaderTests {
        /// Many groups: some are signed, some under way and some not begun when the reader leaves.
        @Test func issuingFromAFile() throws {
            let shop = try IssueWorkshop(5_000)
            let ca = shop.folder.path("ca")
            let program = try Conversation(
                TestPaths.binary, IssueWorkshop.arguments(ca: ca), in: shop.folder.url)
            let answer = try #require(program.answer(within: 30))
            program.leave()
            let outcome = program.wait(hasLeft: true)
            #expect(outcome.status == 141)
            #expect(outcome.errors == "")
            let reported = try IssueWorkshop.results(in: shop.folder.write(answer, to: "answer.jsonl"))
            #expect(reported.count > 0)
            try shop.judge(reported, ca: ca)
            let issued = try LedgerState(path: IssueWorkshop.ledger(ca)).issued.count
            #expect(reported.count <= issued && issued < shop.count)
            try shop.judgeWhole(shop.run(ca: ca), ca: ca, before: reported)
        }

        /// Result files beside the results: none is there with half of them, and every certificate of a folder is in the
        /// ledger.
        @Test func issuingIntoFiles() throws {
            let shop = try LiveVerb.workshop.get()
            let ca = try LiveVerb.freshCA(in: shop.folder)
            let made = try WorkFolder(in: shop.folder.url)
            let arguments = [
                "ca", "issue", "--ca", ca, "--json", "--pem", made.path("all.pem"), "--onboarding-csv",
                made.path("rows.csv"), "--out-dir", made.path("out"),
            ]
            let program = try Conversation(TestPaths.binary, arguments + ["-"], in: shop.folder.url)
            program.say(shop.requests[0])
            try #require(program.answer(within: 20) != nil)
            program.leave()
            program.say(shop.requests.dropFirst().joined())
            program.endInput()
            let outcome = program.wait(hasLeft: true)
            #expect(outcome.status == 141)
            #expect(!outcome.errors.contains("error"), "\(outcome.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: made.url.path)
            #expect(Set(names).subtracting(["out"]) == [])
            let folder = (try? FileManager.default.contentsOfDirectory(atPath: made.path("out"))) ?? []
            let ledger = shop.folder.path(IssueWorkshop.ledger(ca))
            let known = Set(try LedgerState(path: ledger).issued.map(\.serial))
            for name in folder {
                let text = try String(contentsOfFile: made.path("out/\(name)"), encoding: .utf8)
                #expect(text.hasPrefix("-----BEGIN CERTIFICATE-----\n"), "\(name)")
                #expect(text.hasSuffix("-----END CERTIFICATE-----\n"), "\(name)")
                let shown = try shop.folder.run("cert", "inspect", "--json", made.path("out/\(name)"))
                #expect(known.contains { shown.output.contains("\"\($0)\"") }, "\(name)")
            }
            for verb in [["ledger", "verify"], ["ca", "audit"]] {
                let checked = try Program(
                    TestPaths.binary, verb + ["--ca", ca], in: shop.folder.url
                ).wait()
                #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
            }
            // The same command again completes everything, and signs nothing twice.
            let again = try Program(
                TestPaths.binary, arguments + ["bundle.pem"], in: shop.folder.url
            ).wait()
            #expect(again.status == 0, "\(again.errors)")
            let rows = try LedgerState(path: ledger).issued
            #expect(rows.count == shop.requests.count)
            #expect(Set(rows.map(\.request)).count == rows.count)
            #expect(known.subtracting(rows.map(\.serial)) == [])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: made.url.path).sorted()
                    == ["all.pem", "out", "rows.csv"])
        }

        /// What was reported as revoked is revoked, and the audit chain holds.
        @Test func revoking() throws {
            let shop = try LiveVerb.workshop.get()
            let ca = try LiveVerb.freshCA(in: shop.folder)
            #expect(try shop.folder.run("ca", "issue", "--ca", ca, "bundle.pem").status == 0)
            let ledger = shop.folder.path(IssueWorkshop.ledger(ca))
            let serials = try LedgerState(path: ledger).issued.map(\.serial)
            let arguments = ["ca", "revoke", "--ca", ca, "--json", "--reason", "superseded", "--serials"]
            let program = try Conversation(TestPaths.binary, arguments + ["-"], in: shop.folder.url)
            program.say(serials[0] + "\n")
            let answer = try #require(program.answer(within: 20))
            #expect(answer.contains("\"status\":\"revoked\""))
            program.leave()
            program.say(serials.dropFirst().map { $0 + "\n" }.joined())
            program.endInput()
            let outcome = program.wait(hasLeft: true)
            #expect(outcome.status == 141)
            #expect(!outcome.errors.contains("error"), "\(outcome.errors)")
            #expect(try shop.folder.run("ledger", "verify", "--ca", ca).status == 0)
            try shop.folder.write(serials.map { $0 + "\n" }.joined(), to: "\(ca).serials")
            let again = try Program(
                TestPaths.binary, arguments + ["\(ca).serials"], in: shop.folder.url
            ).wait()
            #expect(again.status == 0)
            #expect(again.wholeLines.count == serials.count)
            #expect(again.wholeLines.first?.contains("\"status\":\"existing\"") == true)
            #expect(try shop.folder.run("ledger", "verify", "--ca", ca).status == 0)
        }
    }
}
