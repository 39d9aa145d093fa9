import DeviceIdentity
import Foundation
import TestSupport
import Testing

/// A folder of its own, removed at the end.
private final class Workshop {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "assay-claims-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    func names(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(name).path).sorted()
    }

    func run(_ arguments: String..., program: String = TestPaths.binary.path) throws -> ProcessOutcome {
        try ChildProcess(
            [program] + arguments, in: folder,
            environment: ["HOME": folder.path, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"], limit: 120
        ).run()
    }
}

private struct Result: Decodable, Equatable {
    let row: Int
    let status: String
    let message: String
    let deviceUuid: String?
}

private func results(_ outcome: ProcessOutcome) throws -> [Result] {
    try outcome.standardOutput.split(separator: 0x0a).map { try JSONDecoder().decode(Result.self, from: $0) }
}

private func lines(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

@Suite struct ReconciliationTests {
    /// Rows of all kinds, each on one line and each different.
    private func rows(_ random: inout SeededGenerator) throws -> [(text: String, status: String)] {
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
        var random = SeededGenerator(seed: seed)
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
            summary.hasSuffix(
                "\(ready) packed, \(duplicate) duplicate, \(malformed) malformed, \(rejected) rejected; "
                    + "\(ready == 0 ? "0 bodies" : "1 body")\n"))

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
        var random = SeededGenerator(seed: seed)
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
        // Good rows stand on lines of their own; all other bytes are rejects, empty lines apart.
        let ready = Set(try results(outcome).filter { $0.status == "ready" }.map(\.row))
        let split = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        let rest = split.enumerated().filter { !ready.contains($0.offset + 1) }.map { Array($0.element) }
        let isBlank: ([UInt8]) -> Bool = { $0.isEmpty || $0 == [0x0d] }
        let kept = try workshop.read("bad.csv").split(separator: 0x0a, omittingEmptySubsequences: false)
            .map { Array($0) }
        #expect(kept.filter { !isBlank($0) } == rest.filter { !isBlank($0) })
        #expect(bad.isEmpty == kept.allSatisfy(\.isEmpty))
    }
}

@Suite struct BodyTests {
    private func fleet(_ count: Int) throws -> [TestDevice] {
        var random = SeededGenerator(seed: UInt64(count))
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

    /// The nRF Cloud utilities themselves say what they would send.
    @Test(arguments: [nil, "nrf-cloud-onboarding", "a,location=Trondheim"])
    func bodiesAreThoseOfTheUtilities(tags: String?) throws {
        let python = TestPaths.root.appendingPathComponent(".build/incumbent/bin/python").path
        let recorder = TestPaths.root.appendingPathComponent("scripts/record-claims").path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            try Test.cancel("nrfcloud-utils is not installed; scripts/install-incumbent does it")
        }
        let workshop = try Workshop()
        let probe = try workshop.run("-c", "import nrfcloud_utils.claim_devices", program: python)
        guard probe.status == 0 else {
            try Test.cancel("nrfcloud-utils could not be installed; scripts/install-incumbent says why")
        }
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

@Suite struct AbuseTests {
    private let device: TestDevice

    init() throws {
        var random = SeededGenerator(seed: 77)
        device = try TestDevice(&random)
    }

    private func check(_ bytes: [UInt8], _ format: String = "auto") throws -> [Result] {
        let workshop = try Workshop()
        try workshop.write(bytes, "in")
        let outcome = try workshop.run(
            "claim", "check", "in", "--json", "--format", format, "--rejects", "bad")
        #expect([0, 1, 3, 4].contains(outcome.status))
        return try results(outcome)
    }

    private func check(_ text: String, _ format: String = "auto") throws -> [String] {
        try check(Array(text.utf8), format).map { "\($0.row) \($0.status) \($0.message)" }
    }

    @Test func lineEndsAndMarks() throws {
        let ready = "ready ready to claim"
        #expect(try check("\u{feff}\(device.row)\r\n") == ["1 \(ready)"])
        #expect(try check("\u{feff}\(device.token)\r\n\r\n") == ["1 \(ready)"])
        #expect(try check("\u{feff}{\"token\":\"\(device.token)\"}\r\n") == ["1 \(ready)"])
        #expect(
            try check("imei,uuid,token,time\r\(device.row)\r") == [
                "1 malformed expected a line feed behind a carriage return, found none (character 21)"
            ])
        #expect(
            try check("\(device.token)\r\(device.token)\r", "lines").map { $0.prefix(11) } == ["1 malformed"])
        let utf16 = Array(try unwrapped(device.row.data(using: .utf16)))
        #expect(utf16.starts(with: [0xff, 0xfe]))
        #expect(try check(utf16).map(\.message) == ["expected UTF-8, found UTF-16"])
    }

    @Test func embeddedNewlinesAndQuotes() throws {
        let quoted =
            "note,token\n\"say \"\"hi\"\",\nor\r\nnot\",\"\(device.token)\"\n\"=cmd|'/C calc'!A0\",\(device.token)\n"
        #expect(
            try check(quoted) == [
                "2 ready ready to claim",
                "5 duplicate device \(device.uuid) is in in:2 already, with the same token",
            ])
    }

    @Test func hugeFieldsAndRows() throws {
        let field = Array(repeating: UInt8(ascii: "a"), count: 3 << 20)
        let after = Array("\n\(device.row)\n".utf8)
        #expect(
            try check(field + [0x2c] + field + after, "csv").map { "\($0.row) \($0.status)" } == [
                "1 malformed", "2 ready",
            ])
        let columns = Array(repeating: UInt8(ascii: ","), count: 1_000_000)
        #expect(try check(columns + after).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
        #expect(try check([0] + after).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
        #expect(
            try check([0xff, 0x2c] + after).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
        #expect(try check([0x22] + after).map { "\($0.row) \($0.status)" } == ["1 malformed", "2 ready"])
    }

    /// Every byte of a row beyond all limits is in the rejects.
    @Test func aHugeRowIsRejectedWhole() throws {
        let row = Array("1,2,".utf8) + Array(repeating: UInt8(ascii: "x"), count: 9 << 20) + [0x0a]
        let workshop = try Workshop()
        try workshop.write(row + Array("\(device.row)\n".utf8), "in")
        #expect(try workshop.run("claim", "check", "in", "--rejects", "bad").status == 3)
        #expect(try workshop.read("bad") == row)
    }

    @Test func logsGiveImeiAndUuid() throws {
        let other = "50363154-0000-0000-0000-000000000000"
        let log = """
            AT+CGSN=1\r
            +CGSN: "3526561061112"\r
            +CGSN: "352656106111230"\r
            AT%DEVICEUUID\r
            %DEVICEUUID: \(device.uuid)\r
            AT%ATTESTTOKEN\r
            %ATTESTTOKEN: "\(device.token)"\r
            Device UUID: \(device.uuid)\r
            [00:01] <inf> token is \(device.token), keep it\r
            UUID \(other)\r
            %ATTESTTOKEN: "\(device.token)"\r

            """
        #expect(
            try check(log) == [
                "7 malformed expected an IMEI of 15 digits with its check digit, found check digit 0 where 3 is right",
                "9 ready ready to claim",
                "11 rejected the row is for device \(other), its token is of \(device.uuid)",
            ])
    }
}
