import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// Several processes at once.
    @Suite(.serialized) struct CompanyTests {
        let folder: WorkFolder

        init() throws { folder = try WorkFolder() }

        @Test(arguments: [2, 4])
        func overlappingImportsEndAsIfOneAfterTheOther(_ processes: Int) throws {
            let size = 10_000
            for part in 0..<processes {
                let rows = Inputs.rows(part * size / 2..<part * size / 2 + size)
                try folder.write(Inputs.csv(part % 2 == 0 ? rows : rows.reversed()), to: "\(part).csv")
                #expect(
                    try folder.run("device", "import", "\(part).csv", "--store", "sequential.db", "--quiet")
                        .status == 0)
            }
            let running = try (0..<processes).map {
                try folder.start(
                    "device", "import", "\($0).csv", "--store", "together.db", "--json", "--quiet")
            }
            let outcomes = try running.map { try $0.wait() }
            #expect(outcomes.map(\.status) == [Int32?](repeating: 0, count: processes))
            #expect(outcomes.map(\.errors).allSatisfy { $0 == "" })
            let reports = try outcomes.flatMap { try CrashTests.reports($0) }
            let added = reports.filter { $0.status == "added" }
            #expect(reports.count == processes * size)
            #expect(added.count == size / 2 * (processes + 1))
            #expect(Set(added.map(\.device)).count == added.count)
            let together = folder.path("together.db")
            #expect(try StoreState.integrity(path: together) == ["ok"])
            #expect(
                try StoreState(path: together).devices
                    == StoreState(path: folder.path("sequential.db")).devices)
        }

        @Test func manyMakeOneStoreAtOnce() throws {
            try folder.write(Inputs.csv(Inputs.rows(0..<1)), to: "row.csv")
            for round in 0..<5 {
                let running = try (0..<6).map { _ in
                    try folder.start(
                        "device", "import", "row.csv", "--store", "\(round).db", "--json", "--quiet")
                }
                let outcomes = try running.map { try $0.wait() }
                #expect(outcomes.map(\.errors) == [String](repeating: "", count: 6))
                let words = try outcomes.flatMap { try CrashTests.reports($0) }.compactMap(\.status)
                #expect(words.sorted() == ["added"] + [String](repeating: "unchanged", count: 5))
            }
        }

        @Test func ofTwoKeysForADeviceOneWins() throws {
            let count = 10_000
            for part in 0..<2 {
                try folder.write(
                    Inputs.csv(Inputs.rows(0..<count, shiftingKeysBy: part)), to: "\(part).csv")
            }
            let running = try (0..<2).map {
                try folder.start("device", "import", "\($0).csv", "--store", "assay.db", "--json", "--quiet")
            }
            let reports = try running.map { try CrashTests.reports(try $0.wait()) }
            var winners = 0
            for (first, second) in zip(reports[0], reports[1]) {
                #expect(first.device == second.device)
                let pair = [first, second].map { $0.failures.first?.code ?? $0.status ?? "" }.sorted()
                #expect(pair == ["added", "key-conflict"])
                if first.status == "added" { winners += 1 }
            }
            #expect(reports.map(\.count) == [count, count])
            // What the store holds is what the reports said.
            let state = try StoreState(path: folder.path("assay.db"))
            #expect(state.devices.count == count)
            #expect(state.evidence.count == count)
            for part in 0..<2 {
                let alone = "\(part).db"
                #expect(
                    try folder.run("device", "import", "\(part).csv", "--store", alone, "--quiet").status == 0
                )
                let own = Set(try StoreState(path: folder.path(alone)).devices)
                let kept = state.devices.filter { own.contains($0) }.count
                #expect(kept == (part == 0 ? winners : count - winners))
            }
        }

        @Test func aTokenIsAcceptedOnceAmongFour() throws {
            let devices = try Inputs.devices(200)
            let path = folder.path("assay.db")
            try Inputs.registry(of: devices, at: path)
            try folder.write(Inputs.tokens(of: devices, count: 10), to: "tokens.txt")
            let running = try (0..<4).map { _ in
                try folder.start(
                    "token", "verify", "--once", "--store", "assay.db", "--input", "tokens.txt", "--json",
                    "--quiet")
            }
            var verified: [String: Int] = [:]
            for program in running {
                let reports = try CrashTests.reports(try program.wait())
                #expect(reports.count == 2000)
                for report in reports {
                    if report.verdict == "verified" {
                        verified[report.nonceID, default: 0] += 1
                    } else {
                        #expect(report.verdict == "rejected")
                        #expect(report.failures.map(\.code) == ["nonce-reused"])
                    }
                }
            }
            #expect(verified.count == 2000)
            #expect(verified.values.allSatisfy { $0 == 1 })
            #expect(try StoreState(path: path).nonces == Set(verified.keys))
        }
    }
}
