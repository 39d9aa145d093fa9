import DeviceIdentity
import Foundation
import JSON
import OpenSSL
import ProvisioningAPI
import ProvisioningCommands
import TestFleet
import TestSupport
import Testing

@testable import Service

/// What the service says that it will hand out is what it hands out.
@Suite struct LookAheadTests {
    /// Through the handlers, the store and the device's own credentials: what is compared is the JSON that an operator
    /// reads with the octets that a device gets. The histories share two services, in memory where the machine has such a
    /// folder, and a device signs once for as long as its token lasts; so ten thousand take about a minute of two idle cores
    /// in a debug build.
    @Test func `look-ahead equals the fetch in ten thousand histories, octet for octet`() async throws {
        let tallies = try await withThrowingTaskGroup(of: RandomHistories.Tally.self) { group in
            for seed in [12, 13] as [UInt64] {
                group.addTask { try RandomHistories(seed: seed, count: 5000).run() }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(tallies.map(\.histories).reduce(0, +) == 10_000)
        #expect(tallies.flatMap(\.differences) == [])
        // The histories come to all that a queue can come to.
        for tally in tallies {
            #expect(tally.compared > tally.histories * 3 / 2)
            #expect(tally.delivered > tally.compared / 5)
            for (what, count) in [
                ("nothing", tally.empty), ("applied rules", tally.applied),
                ("did not fit", tally.undeliverable),
                ("again", tally.again), ("failed", tally.failed), ("blocked", tally.statuses["BLOCKED"]),
                ("error", tally.statuses["ERROR"]), ("provisioned", tally.statuses["PROVISIONED"]),
                ("awaiting", tally.statuses["AWAITING"]), ("provisioning", tally.statuses["PROVISIONING"]),
            ] as [(String, Int?)] {
                #expect((count ?? 0) > 25, "\(what): \(count ?? 0)")
            }
        }
    }
}

/// Devices of one service, each with a history of its own that follows from the seed.
private struct RandomHistories {
    struct Tally: Sendable {
        var histories = 0
        var compared = 0
        var delivered = 0
        var empty = 0
        var applied = 0
        var undeliverable = 0
        var again = 0
        var failed = 0
        /// Where devices stood when they asked, in every fourth history.
        var statuses: [String: Int] = [:]
        /// The first few of what was foretold and did not come.
        var differences: [String] = []
    }

    private static let requests = [
        #"{"finished":{}}"#, #"{"config":{"properties":{"a":"b"}}}"#,
        #"{"clientPrivateKeyGeneration":{"secTag":7}}"#,
        #"{"certificateSigningRequest":{"secTag":8,"attributes":"O=x","keyUsage":"101010000"}}"#,
        #"{"preSharedKey":{"secTag":9,"identity":"i","secret":"00ff"}}"#,
    ]

    private let bench: ServiceBench
    private let devices: [TestDevice]
    private var random: SplitMix64
    private var tally = Tally()

    init(seed: UInt64, count: Int) throws {
        let memory = URL(fileURLWithPath: "/dev/shm", isDirectory: true)
        let isThere = FileManager.default.isWritableFile(atPath: memory.path)
        bench = try ServiceBench(in: isThere ? memory : nil)
        random = SplitMix64(seed: seed)
        devices = try (0..<count).map { try TestDevice(seed: seed * 1_000_000 + UInt64($0)) }
        try bench.register(devices)
    }

    func run() throws -> Tally {
        var histories = self
        for (place, device) in devices.enumerated() { try histories.run(device, place) }
        return histories.tally
    }

    private mutating func chance(_ one: UInt64) -> Bool { random.next() % one == 0 }

    private mutating func run(_ device: TestDevice, _ place: Int) throws {
        try bench.claimAgain(device, tags: [["a"], ["b"], []][place % 3])
        // Rules come while there are devices already; each is applied to all that are to come.
        if place % 500 == 0, place < 4000 {
            let commands = (0...Int(random.next() % 3)).map { _ in
                #"{"request":\#(Self.requests[1 + Int(random.next() % 2)])}"#
            }.joined(separator: ",")
            _ = bench.send(
                "POST", "/provisioning-rules",
                #"{"name":"\#(place)","active":true,"commands":[\#(commands)],"tags":["a"]}"#)
        }
        var jwt = (text: try bench.jwt(device), until: bench.now + 300)
        // Most histories are short, as most devices' are.
        var rounds = 1
        while rounds < 12, !chance(2) { rounds += 1 }
        for _ in 0..<rounds {
            for _ in 0..<(random.next() % 3) { step(device) }
            if bench.now >= jwt.until { jwt = (try bench.jwt(device), bench.now + 300) }
            try compare(device, jwt.text)
        }
        tally.histories += 1
    }

    /// One random step of an operator.
    private mutating func step(_ device: TestDevice) {
        let path = "/claimed-devices/\(device.uuid)"
        let kind = random.next() % 12
        if kind <= 4 {
            let request = Self.requests[Int(random.next() % UInt64(Self.requests.count))]
            _ = bench.send("POST", path + "/provisioning", #"{"request":\#(request)}"#)
            return
        }
        if kind <= 8 {
            let commands = bench.send("GET", path + "/provisioning").json?["items"]?.arrayValue ?? []
            guard !commands.isEmpty,
                let id = commands[Int(random.next() % UInt64(commands.count))]["id"]?.stringValue
            else { return }
            switch kind {
            case 5: _ = bench.send("POST", path + "/provisioning/\(id)/skip")
            case 6: _ = bench.send("POST", path + "/provisioning/\(id)/retry")
            default: _ = bench.send("DELETE", path + "/provisioning/\(id)")
            }
            return
        }
        switch kind {
        case 9: _ = bench.send(chance(3) ? "PUT" : "DELETE", path + "/block")
        case 10: _ = bench.send("PUT", path + "/tags", chance(2) ? #"["a"]"# : #"["b"]"#)
        default: bench.now += 1
        }
    }

    /// Looks ahead, lets the device ask, and lets it do with the answer what devices do.
    private mutating func compare(_ device: TestDevice, _ jwt: String) throws {
        let query =
            "after=&rxMaxSize=\(400 + random.next() % 2300)&txMaxSize=\(300 + random.next() % 2300)"
            + "&limit=\(1 + random.next() % 19)"
        let ahead = bench.send("GET", "/claimed-devices/\(device.uuid)/next", query: query)
        let fetched = try bench.fetch(device, query: query, jwt: jwt)
        tally.compared += 1
        if tally.histories % 4 == 0 { tally.statuses[bench.status(device) ?? "", default: 0] += 1 }
        let digest: JSONValue? =
            fetched.body.isEmpty ? nil : .string(Hex.encode(Digest.sha256(fetched.body)))
        let commands: [DeviceCommand]
        if !fetched.body.isEmpty, case .commands(let found) = try DeviceMessage(cbor: fetched.body) {
            commands = found
        } else {
            commands = []
        }
        let foretold = ahead.json?["commands"]?.arrayValue ?? []
        let ids = foretold.flatMap { $0["correlationIds"]?.arrayValue ?? [] }.compactMap(\.stringValue)
        guard ahead.status == 200, fetched.status == (commands.isEmpty ? 204 : 200),
            ahead.json?["bodySha256"] == digest,
            ahead.json?["bodySize"] == .integer(Int64(fetched.body.count)),
            ids == commands.map(\.correlationID)
        else {
            if tally.differences.count < 5 { tally.differences.append("\(device.uuid) \(query)") }
            return
        }
        tally.applied += ahead.json?["appliesRules"]?.arrayValue?.isEmpty == false ? 1 : 0
        tally.undeliverable += ahead.json?["undeliverable"]?.arrayValue?.isEmpty == false ? 1 : 0
        tally.again += foretold.contains { ($0["attempts"]?.integerValue ?? 0) > 1 } ? 1 : 0
        guard !commands.isEmpty else { return tally.empty += 1 }
        tally.delivered += 1
        // It dies before it has reported.
        if chance(4) { return }
        let fails = chance(6)
        tally.failed += fails ? 1 : 0
        try bench.report(device, try bench.run(device, commands) { _ in fails ? 514 : nil }, jwt: jwt)
    }
}
