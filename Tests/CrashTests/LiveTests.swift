import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// A live pipe: an answer as soon as no further input is at hand, and the same answers as for a file.
    @Suite(.serialized) struct LiveTests {
        private let shop: LiveVerb.Workshop

        init() throws { shop = try LiveVerb.workshop.get() }

        private func start(_ verb: LiveVerb, jobs: Int) throws -> Conversation {
            try Conversation(
                TestPaths.binary, try verb.arguments(in: shop.folder, jobs: jobs), in: shop.folder.url)
        }

        /// What was waited for until the end of the input is answered line by line; the bound is that of a machine
        /// that does other things too.
        @Test(arguments: LiveVerb.all, [1, 3])
        func eachInputIsAnsweredAtOnce(_ verb: LiveVerb, jobs: Int) throws {
            let program = try start(verb, jobs: jobs)
            program.say(verb.header)
            var times: [TimeInterval] = []
            for (number, unit) in verb.units.enumerated() {
                let start = Date()
                program.say(unit)
                let answer = program.answer(within: 20)
                try #require(answer != nil, "no answer to input \(number): \(program.errorsSoFar)")
                times.append(Date().timeIntervalSince(start))
            }
            #expect(times.sorted()[times.count / 2] < 0.5, "seconds: \(times)")
            program.endInput()
            #expect([0, 1, 3, 4].contains(program.wait().status))
        }

        /// What is whole is answered while half of the next input is there, and that when its rest comes.
        @Test(arguments: LiveVerb.all, [1, 3])
        func halfAnInputWaitsAlone(_ verb: LiveVerb, jobs: Int) throws {
            let program = try start(verb, jobs: jobs)
            program.say(verb.header)
            for (first, second) in stride(from: 0, to: 12, by: 2).map({ (verb.units[$0], verb.units[$0 + 1]) }
            ) {
                let bytes = Array(second.utf8)
                program.say(Array(first.utf8) + bytes[..<(bytes.count / 2)])
                try #require(program.answer(within: 20) != nil, "\(program.errorsSoFar)")
                // An answer comes in one piece or several: the next one begins after a pause.
                while program.answer(within: 0.05) != nil {}
                program.say(bytes[(bytes.count / 2)...])
                try #require(program.answer(within: 20) != nil, "\(program.errorsSoFar)")
                while program.answer(within: 0.05) != nil {}
            }
            program.endInput()
            #expect([0, 1, 3, 4].contains(program.wait().status))
        }

        /// However the writer cuts what it writes, and however long it waits, the results are those of a file.
        @Test(arguments: LiveVerb.all, [1, 3])
        func aPipeGivesWhatAFileGives(_ verb: LiveVerb, jobs: Int) throws {
            let text = verb.header + verb.units.joined()
            let expected = try fromFile(verb, text, jobs)
            #expect(try verb.comparable(expected.output).count >= verb.units.count)
            for seed in 1...(isSoak ? 40 : 3) {
                var random = SplitMix64(seed: UInt64(seed))
                let program = try start(verb, jobs: jobs)
                var rest = Array(text.utf8)[...]
                while !rest.isEmpty {
                    let most = [3, 80, 900, 5_000][Int(random.next() % 4)]
                    let count = min(rest.count, 1 + Int(random.next() % UInt64(most)))
                    program.say(rest.prefix(count))
                    rest = rest.dropFirst(count)
                    if random.next() % 4 == 0 { Thread.sleep(forTimeInterval: 0.002) }
                }
                program.endInput()
                let found = program.wait()
                #expect(found.status == expected.status, "seed \(seed): \(found.errors)")
                #expect(try verb.comparable(found.output) == verb.comparable(expected.output), "seed \(seed)")
            }
        }

        private func fromFile(_ verb: LiveVerb, _ text: String, _ jobs: Int) throws -> (
            status: Int32?, output: String
        ) {
            let name = "input-\(UUID().uuidString)"
            try shop.folder.write(text, to: name)
            let arguments = try verb.arguments(in: shop.folder, jobs: jobs)
            let shell = try Program(
                URL(fileURLWithPath: "/bin/sh"),
                ["-c", "exec \"$0\" \"$@\" < \(name)", TestPaths.binary.path] + arguments, in: shop.folder.url
            )
            let outcome = try shell.wait()
            return (outcome.status, outcome.output)
        }

        /// Certificates that are reported are on disk, one request at a time too.
        @Test func whatIsIssuedLiveIsInTheLedger() throws {
            let ca = try LiveVerb.freshCA(in: shop.folder)
            let program = try Conversation(
                TestPaths.binary, ["ca", "issue", "--ca", ca, "--json", "-"],
                in: shop.folder.url)
            for request in shop.requests.prefix(5) {
                program.say(request)
                try #require(program.answer(within: 20) != nil)
            }
            program.send(SIGKILL)
            #expect(program.wait().status == nil)
            #expect(try LedgerState(path: shop.folder.path(IssueWorkshop.ledger(ca))).issued.count == 5)
        }
    }
}
