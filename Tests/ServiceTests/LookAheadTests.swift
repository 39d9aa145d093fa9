import DeviceIdentity
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
    private static let requests = [
        #"{"finished":{}}"#, #"{"config":{"properties":{"a":"b"}}}"#,
        #"{"clientPrivateKeyGeneration":{"secTag":7}}"#,
        #"{"certificateSigningRequest":{"secTag":8,"attributes":"O=x","keyUsage":"101010000"}}"#,
        #"{"preSharedKey":{"secTag":9,"identity":"i","secret":"00ff"}}"#,
    ]

    /// One random step of an operator.
    private func step(_ bench: ServiceBench, _ device: TestDevice, _ random: inout SplitMix64) {
        let path = "/claimed-devices/\(device.uuid)"
        let commands = bench.send("GET", path + "/provisioning").json?["items"]?.arrayValue ?? []
        let some =
            commands.isEmpty ? nil : commands[Int(random.next() % UInt64(commands.count))]["id"]?.stringValue
        switch random.next() % 12 {
        case 0...4:
            let request = Self.requests[Int(random.next() % UInt64(Self.requests.count))]
            _ = bench.send("POST", path + "/provisioning", #"{"request":\#(request)}"#)
        case 5: _ = some.map { bench.send("POST", path + "/provisioning/\($0)/skip") }
        case 6: _ = some.map { bench.send("POST", path + "/provisioning/\($0)/retry") }
        case 7, 8: _ = some.map { bench.send("DELETE", path + "/provisioning/\($0)") }
        case 9: _ = bench.send(random.next() % 3 == 0 ? "PUT" : "DELETE", path + "/block")
        case 10: _ = bench.send("PUT", path + "/tags", random.next() % 2 == 0 ? #"["a"]"# : #"["b"]"#)
        default: bench.now += 1
        }
    }

    @Test func `look-ahead equals the fetch, octet for octet`() throws {
        var random = SplitMix64(seed: 12)
        let histories = 50
        let bench = try ServiceBench()
        var compared = 0
        var delivered = 0
        for history in 0..<histories {
            let device = try TestDevice(seed: UInt64(history) + 1)
            try bench.claim(device, tags: [["a"], ["b"], []][history % 3])
            if history < 8 {
                let commands = (0...Int(random.next() % 3)).map { _ in
                    #"{"request":\#(Self.requests[1 + Int(random.next() % 2)])}"#
                }.joined(separator: ",")
                _ = bench.send(
                    "POST", "/provisioning-rules",
                    #"{"name":"\#(history)","active":true,"commands":[\#(commands)],"tags":["a"]}"#)
            }
            for _ in 0..<12 {
                for _ in 0..<(random.next() % 4) { step(bench, device, &random) }
                let limit = 4 + random.next() % 16
                let query =
                    "after=&rxMaxSize=\(700 + random.next() % 2000)&txMaxSize=\(600 + random.next() % 2000)"
                    + "&limit=\(limit)"
                let ahead = bench.send("GET", "/claimed-devices/\(device.uuid)/next", query: query)
                let fetched = try bench.fetch(device, query: query)
                let digest: JSONValue? =
                    fetched.body.isEmpty ? nil : .string(Hex.encode(Digest.sha256(fetched.body)))
                #expect(ahead.json?["bodySha256"] == digest)
                #expect(ahead.json?["bodySize"] == .integer(Int64(fetched.body.count)))
                compared += 1
                guard !fetched.body.isEmpty,
                    case .commands(let commands) = try DeviceMessage(cbor: fetched.body)
                else { continue }
                delivered += 1
                let dies = random.next() % 4 == 0
                let fails = random.next() % 6 == 0
                if dies { continue }
                try bench.report(device, try bench.run(device, commands) { _ in fails ? 514 : nil })
            }
        }
        #expect(compared == histories * 12)
        #expect(delivered > compared / 4)
    }
}
