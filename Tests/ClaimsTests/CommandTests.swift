import DeviceIdentity
import Foundation
import TestSupport
import Testing

@Suite struct ReconciliationTests {
    /// Rows of all kinds, each on one line and each different.
    private func rows(_ random: inout SplitMix64) throws -> [(text: String, status: String)] {
        var devices: [TestDevice] = []
        var rows: [(String, String)] = []
        var seen = Set<String>()
        for number in 0..<Int.random(in: 1...400, using: &random) {
            let time = "2026-02-03T04:05:06.\(String(format: "%06d", number))+00:00"
            let device: TestDevice
            if let known = devices.randomElement(using: &random), Int.random(in: 0..<6, using: &random) == 0 {
                // The same device again, now and then with another token.
                device = Bool.random(using: &random) ? known : try TestDevice(&random, uuid: known.uuid)
            } else {
                device = try TestDevice(&random)
                devices.append(device)
            }
            var fields = ["352656106111233", device.uuid.description, device.token, time]
            var status = "ready"
            switch Int.random(in: 0..<12, using: &random) {
            case 0: (fields[0], status) = ("3.5E+14", "malformed")
            case 1: (fields[1], status) = ("50363154-0000-0000-0000-000000000000", "rejected")
            case 2: (fields[2], status) = (String(device.token.dropLast(9)), "malformed")
            case 3: (fields[3], status) = ("\(number)/3/2026", "malformed")
            case 4: (fields[2], status) = ("eyJh.e30.\(number)", "rejected")
            case 5: (fields[0], status) = ("a\"b", "malformed")
            case 6:
                fields.append("one comma too many")
                status = "malformed"
            default: break
            }
            if status == "ready", !seen.insert(fields[1]).inserted { status = "duplicate" }
            rows.append((fields.joined(separator: ","), status))
        }
        return rows
    }

    @Test(arguments: 1...12)
    func everyRowIsAccountedForOnce(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let rows = try rows(&random)
        let workshop = try Workshop()
        try workshop.write(Array(rows.map { $0.text + "\n" }.joined().utf8), "rows.csv")
        let outcome = try workshop.run(
            "claim", "pack", "rows.csv", "--json", "-o", "out", "--rejects", "bad.csv", "--jobs",
            String(seed % 3 + 1))
        let results = try results(outcome)
        #expect(results.map(\.row) == Array(1...rows.count))
        #expect(results.map(\.status) == rows.map(\.status))

        var counts: [String: Int] = [:]
        for row in rows { counts[row.status, default: 0] += 1 }
        let (ready, duplicate) = (counts["ready"] ?? 0, counts["duplicate"] ?? 0)
        let (malformed, rejected) = (counts["malformed"] ?? 0, counts["rejected"] ?? 0)
        #expect(ready + duplicate + malformed + rejected == rows.count)
        let summary = String(decoding: outcome.standardError, as: UTF8.self)
        #expect(
            summary.contains(
                "\(ready) packed, \(duplicate) duplicate, \(malformed) malformed, \(rejected) rejected; none verified: no keys; "
                    + "\(ready == 0 ? "0 bodies" : "1 body")"))
        // The reasons add up to the rows that are not ready.
        let reasons = summary.split(separator: "; reasons: ").last?.split(separator: "\n").first ?? ""
        let counted = reasons.split(separator: ", ").compactMap { Int($0.prefix { $0.isNumber }) }
        #expect(counted.reduce(0, +) == rows.count - ready)

        let good = rows.filter { $0.status == "ready" }.map(\.text)
        let bad = rows.filter { $0.status != "ready" }.map(\.text)
        #expect(lines(try workshop.read("bad.csv")) == bad)
        if !good.isEmpty {
            let packed = good.map { "\"\($0.split(separator: ",")[2])\"" }
            #expect(lines(try workshop.read("out/claim-0001.csv")) == packed)
            let manifest = lines(try workshop.read("out/manifest.jsonl"))
            let places = rows.indices.filter { rows[$0].status == "ready" }
            #expect(manifest.count == places.count)
            for (number, (entry, place)) in zip(manifest, places).enumerated() {
                #expect(
                    entry.contains(
                        "\"line\":\(number + 1),\"input\":{\"source\":\"rows.csv\",\"line\":\(place + 1)}"))
            }
        }
    }

    /// Damage of any kind: no crash, and what is not ready goes to the rejects byte for byte.
    @Test(arguments: 20...27)
    func damageIsSurvived(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes = Array(try rows(&random).map { $0.text + "\n" }.joined().utf8)
        let damage: [UInt8] = [0, 0x0a, 0x0d, 0x22, 0x2c, 0x3b, 0x80, 0xff, 0x3d, 0x09]
        for _ in 0..<60 {
            bytes[Int.random(in: bytes.indices, using: &random)] = damage.randomElement(using: &random) ?? 0
        }
        let workshop = try Workshop()
        try workshop.write(bytes, "rows.csv")
        let outcome = try workshop.run(
            "claim", "check", "rows.csv", "--format", "csv", "--json", "--rejects", "bad.csv")
        #expect([0, 1, 3, 4].contains(outcome.status))
        let bad = try results(outcome).filter { $0.status != "ready" }
        // A carriage return alone ends a line; it is kept as a line feed.
        for index in bytes.indices.dropLast() where bytes[index] == 0x0d && bytes[index + 1] != 0x0a {
            bytes[index] = 0x0a
        }
        // Good rows stand on lines of their own; all other bytes are rejects, empty lines apart.
        let ready = Set(try results(outcome).filter { $0.status == "ready" }.map(\.row))
        let split = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        let rest = split.enumerated().filter { !ready.contains($0.offset + 1) }.map { Array($0.element) }
        let isBlank: ([UInt8]) -> Bool = { $0.allSatisfy { [0x0d, 0x20, 0x09, 0x22, 0x2c].contains($0) } }
        let kept = try workshop.read("bad.csv").split(separator: 0x0a, omittingEmptySubsequences: false)
            .map { Array($0) }
        #expect(kept.filter { !isBlank($0) } == rest.filter { !isBlank($0) })
        #expect(bad.isEmpty == kept.allSatisfy(\.isEmpty))
    }
}

@Suite struct BodyTests {
    private func fleet(_ count: Int) throws -> [TestDevice] {
        var random = SplitMix64(seed: UInt64(count))
        return try (0..<count).map { _ in try TestDevice(&random) }
    }

    @Test(arguments: [1_000, 1_001, 2_000])
    func bodiesHoldAThousandRows(count: Int) throws {
        let devices = try fleet(count)
        let workshop = try Workshop()
        try workshop.write(Array(devices.map { $0.row + "\n" }.joined().utf8), "rows.csv")
        let outcome = try workshop.run("claim", "pack", "rows.csv", "-o", "out")
        #expect(outcome.status == 0)
        let bodies = (count + 999) / 1_000
        let names = (1...bodies).map { String(format: "claim-%04d.csv", $0) }
        #expect(try workshop.names("out") == names + ["manifest.jsonl"])
        let sent = try names.flatMap { lines(try workshop.read("out/\($0)")) }
        #expect(sent == devices.map { "\"\($0.token)\"" })
        for name in names.dropLast() { #expect(lines(try workshop.read("out/\(name)")).count == 1_000) }
    }

    @Test func onboardingBodiesHoldAThousandRows() throws {
        let workshop = try Workshop()
        let generator = TestPaths.binary.deletingLastPathComponent()
            .appendingPathComponent("assay-benchmark-data").path
        #expect(try workshop.run("csrs", "--count", "1001", "--out", ".", program: generator).status == 0)
        #expect(
            try workshop.run(
                "ca", "import", "ca", "--cert", "ca.pem", "--key", "ca.key", "--no-passphrase"
            ).status == 0)
        #expect(
            try workshop.run("ca", "issue", "--ca", "ca", "csrs.pem", "--json", "-o", "issued.jsonl").status
                == 0)
        #expect(try workshop.run("claim", "onboard", "issued.jsonl", "-o", "out").status == 0)
        #expect(try workshop.names("out") == ["manifest.jsonl", "onboard-0001.csv", "onboard-0002.csv"])
        let bodies = try ["out/onboard-0001.csv", "out/onboard-0002.csv"].map { name in
            lines(try workshop.read(name)).filter { $0.hasSuffix("BEGIN CERTIFICATE-----") }
        }
        #expect(bodies.map(\.count) == [1_000, 1])
        #expect(Set(bodies.joined()).count == 1_001)
    }

    /// The nRF Cloud utilities themselves say what they would send.
    @Test(arguments: [nil, "nrf-cloud-onboarding", "a,location=Trondheim"])
    func bodiesAreThoseOfTheUtilities(tags: String?) throws {
        let python = try Peers.python()
        let recorder = TestPaths.root.appendingPathComponent("scripts/record-claims").path
        let workshop = try Workshop()
        let devices = try fleet(1_003)
        try workshop.write(Array(devices.map { $0.row + "\n" }.joined().utf8), "rows.csv")
        try FileManager.default.createDirectory(
            at: workshop.folder.appendingPathComponent("theirs"), withIntermediateDirectories: true)
        let theirs: ProcessOutcome
        let ours: ProcessOutcome
        if let tags {
            theirs = try workshop.run(recorder, "rows.csv", "theirs", tags, program: python)
            ours = try workshop.run("claim", "pack", "rows.csv", "-o", "ours", "--tags", tags)
        } else {
            theirs = try workshop.run(recorder, "rows.csv", "theirs", program: python)
            ours = try workshop.run("claim", "pack", "rows.csv", "-o", "ours")
        }
        #expect(theirs.status == 0, "\(String(decoding: theirs.standardError, as: UTF8.self))")
        #expect(ours.status == 0)
        #expect(try workshop.names("theirs") == ["claim-0001.csv", "claim-0002.csv"])
        #expect(try workshop.names("ours") == ["claim-0001.csv", "claim-0002.csv", "manifest.jsonl"])
        for name in try workshop.names("theirs") {
            #expect(try workshop.read("ours/\(name)") == (try workshop.read("theirs/\(name)")))
        }
    }
}
