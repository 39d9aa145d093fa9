import Foundation
import Store
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// SIGKILL at a moment of chance: what was reported is there, the file is whole, the next run goes on from it.
    @Suite(.serialized) struct KillTests {
        let folder: WorkFolder
        let path: String

        init() throws {
            folder = try WorkFolder()
            path = folder.path("assay.db")
        }

        private static let kills = isSoak ? 100 : 7

        /// Starts the command again and again, each time killing it after a part of what a whole run takes;
        /// `check` judges what each left behind. Then lets it run to its end. Answers how often it was alive to
        /// be killed.
        private func killRepeatedly(
            seed: UInt64, whole: TimeInterval, _ arguments: [String],
            check: (Program.Outcome) throws -> Void
        ) throws -> (killed: Int, last: Program.Outcome) {
            var random = SplitMix64(seed: seed)
            var killed = 0
            for _ in 0..<Self.kills {
                let program = try Program(TestPaths.binary, arguments, in: folder.url)
                let share = Double(random.next() % 1000) / 1000
                Thread.sleep(forTimeInterval: 0.01 + whole * share * 0.9)
                program.send(SIGKILL)
                let outcome = try program.wait()
                if outcome.status == nil { killed += 1 }
                guard FileManager.default.fileExists(atPath: path) else {
                    #expect(outcome.output == "")
                    continue
                }
                #expect(try StoreState.integrity(path: path) == ["ok"])
                // Killed before the tables were there: nothing was reported, and opening makes them.
                _ = try SQLiteStore(path: path, access: .readWrite)
                try check(outcome)
            }
            return (killed, try Program(TestPaths.binary, arguments, in: folder.url).wait())
        }

        private func time(_ body: () throws -> Void) rethrows -> TimeInterval {
            let start = Date()
            try body()
            return Date().timeIntervalSince(start)
        }

        @Test func importKilled() throws {
            let count = 50_000
            try folder.write(Inputs.csv(Inputs.rows(0..<count)), to: "rows.csv")
            let undisturbed = folder.path("undisturbed.db")
            let whole = try time {
                let outcome = try folder.run(
                    "device", "import", "rows.csv", "--store", undisturbed, "--quiet")
                #expect(outcome.status == 0)
            }
            var reported: Set<String> = []
            let (killed, last) = try killRepeatedly(
                seed: 1, whole: whole, ["device", "import", "rows.csv", "--store", path, "--json", "--quiet"]
            ) { outcome in
                let present = try StoreState.deviceIDs(path: path)
                let reports = try CrashTests.reports(outcome)
                #expect(reports.allSatisfy { ["added", "unchanged"].contains($0.status) })
                reported.formUnion(reports.map(\.device))
                #expect(reported.subtracting(present) == [])
            }
            #expect(killed > 0)
            #expect(last.status == 0)
            let reports = try CrashTests.reports(last)
            #expect(reports.map { $0.input?.line } == (2...(count + 1)).map { $0 })
            // No row is added a second time after it was reported.
            #expect(reports.filter { $0.status == "added" && reported.contains($0.device) }.count == 0)
            #expect(try StoreState(path: path) == StoreState(path: undisturbed))
        }

        @Test func learnKilled() throws {
            let devices = try Inputs.devices(500)
            try folder.write(Inputs.tokens(of: devices, count: 2), to: "tokens.txt")
            let undisturbed = folder.path("undisturbed.db")
            let arguments = ["device", "learn", "--input", "tokens.txt", "--json", "--quiet", "--store"]
            let whole = try time {
                let outcome = try Program(TestPaths.binary, arguments + [undisturbed], in: folder.url).wait()
                #expect(outcome.status == 0)
                let reports = try CrashTests.reports(outcome)
                #expect(reports.map(\.status) == (0..<1000).map { $0 < 500 ? "pending" : "learned" })
            }
            var learned: Set<String> = []
            let (killed, last) = try killRepeatedly(seed: 2, whole: whole, arguments + [path]) { outcome in
                let present = try StoreState(path: path)
                let reports = try CrashTests.reports(outcome)
                learned.formUnion(
                    reports.filter { $0.status == "learned" || $0.status == "known" }.map(\.device))
                #expect(learned.subtracting(present.deviceIDs) == [])
                let observed = Set(present.observations.map { String($0.prefix(32)) })
                #expect(Set(reports.map(\.device)).subtracting(observed) == [])
            }
            #expect(killed > 0)
            #expect(last.status == 0)
            #expect(try StoreState(path: path) == StoreState(path: undisturbed))
        }

        @Test func verifyOnceKilled() throws {
            let devices = try Inputs.devices(300)
            try folder.write(Inputs.tokens(of: devices, count: 10), to: "tokens.txt")
            let arguments = [
                "token", "verify", "--once", "--input", "tokens.txt", "--json", "--quiet", "--store",
            ]
            let undisturbed = folder.path("undisturbed.db")
            try Inputs.registry(of: devices, at: undisturbed)
            let whole = try time {
                let outcome = try Program(TestPaths.binary, arguments + [undisturbed], in: folder.url).wait()
                #expect(outcome.status == 0)
                let reports = try CrashTests.reports(outcome)
                #expect(reports.filter { $0.verdict == "verified" }.count == 3000)
            }
            try Inputs.registry(of: devices, at: path)
            var verified: [String: Int] = [:]
            func take(_ outcome: Program.Outcome) throws {
                let present = try StoreState(path: path).nonces
                for report in try CrashTests.reports(outcome) {
                    if report.verdict == "verified" {
                        verified[report.nonceID, default: 0] += 1
                        #expect(present.contains(report.nonceID))
                    } else {
                        #expect(report.failures.map(\.code) == ["nonce-reused"])
                    }
                }
            }
            let (killed, last) = try killRepeatedly(
                seed: 3, whole: whole, arguments + [path], check: { try take($0) })
            try take(last)
            #expect(killed > 0)
            // Some were verified before: 3, or all: 1.
            #expect(last.status == 3 || last.status == 1 || last.status == 0)
            #expect(verified.values.allSatisfy { $0 == 1 })
            let state = try StoreState(path: path)
            #expect(try state.nonces == StoreState(path: undisturbed).nonces)
            // A kill between the commit and the print loses at most what was in flight then: a few blocks.
            let lost = state.nonces.subtracting(verified.keys).count
            #expect(lost <= killed * 6 * 64, "\(lost) nonces used without a result in \(killed) kills")
        }
    }
}
