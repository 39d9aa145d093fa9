import DeviceIdentity
import Diagnostics
import OpenSSL
import ProvisioningCommands
import Simulator
import Testing

@Suite("Batches on a simulated device")
struct SimulatedClientTests {
    private func ok(_ id: String, _ text: String = "OK\r\n") -> DeviceResponse {
        DeviceResponse(correlationID: id, result: .ok(message: text))
    }

    private func failed(_ id: String, _ code: UInt32, _ text: String? = nil) -> DeviceResponse {
        DeviceResponse(
            correlationID: id, result: .error(cme: code, message: text ?? "+CME ERROR: \(code)\r\n"))
    }

    @Test func runsInOrderAndFinishesLast() throws {
        let bench = try Bench()
        var client = bench.client()
        let execution = client.execute(
            [
                finished("a"), at("b.s", "%CMNG", "3,\(tag),0", ignoring: [513]),
                at("b", "%CMNG", "0,\(tag),0,\"\(certificate)\""),
                config("c", ["key": "value", "other": ""]),
            ], bench.arithmetic)
        var expected = SimulatedClient.Execution()
        expected.responses = [
            ok("b.s", "+CME ERROR: 513\r\n"), ok("b"),
            DeviceResponse(correlationID: "c", result: .config),
            DeviceResponse(correlationID: "a", result: .finished),
        ]
        expected.lastCommand = "c"
        expected.count = 4
        expected.isFinished = true
        #expect(execution == expected)
        #expect(client.settings == ["key": "value", "other": ""])
        #expect(client.modem.isActive)
    }

    @Test func acknowledgesTheLastOfSeveral() throws {
        let bench = try Bench()
        var client = bench.client()
        let execution = client.execute([finished("a"), finished("b")], bench.arithmetic)
        #expect(execution.responses == [DeviceResponse(correlationID: "b", result: .finished)])
    }

    @Test func stopsAtTheFirstError() throws {
        let bench = try Bench()
        var client = bench.client()
        let execution = client.execute(
            [
                finished("f"), at("a", "%CMNG", "0,1,4,\"name\""), at("b", "%CMNG", "0,1,4,\"name\""),
                at("c", "%CMNG", "0,2,4,\"name\""),
            ], bench.arithmetic)
        #expect(execution.responses == [ok("a"), failed("b", 519)])
        #expect(execution.lastCommand == "b")
        #expect(execution.count == 3)
        #expect(!execution.isFinished)
        #expect(
            execution.failure
                == SimulatedClient.CommandFailure(correlationID: "b", code: 519, command: "%CMNG"))
        #expect(client.modem.credentials.listing.count == 1)
    }

    /// The library takes an error without a number for 0, and 0 for success.
    @Test func takesABareErrorForSuccess() throws {
        let bench = try Bench()
        var client = bench.client()
        let execution = client.execute([at("a", "%NOSUCH", ""), finished("b")], bench.arithmetic)
        #expect(
            execution.responses == [
                ok("a", "ERROR\r\n"), DeviceResponse(correlationID: "b", result: .finished),
            ])
        #expect(execution.isFinished)
    }

    @Test func failsAsPlannedOnce() throws {
        let bench = try Bench()
        let plan = FailurePlan([
            try FailurePlan.Rule(text: "2:514"), try FailurePlan.Rule(text: "config:4294967284"),
        ])
        var client = bench.client(plan: plan)
        let batch = [at("p", "%CMNG", "0,5,4,\"name\"")] + keyGeneration("k") + [config("c", ["a": "b"])]
        let first = client.execute(batch, bench.arithmetic)
        #expect(first.responses == [ok("p"), ok("k.s", "+CME ERROR: 513\r\n"), failed("k", 514)])
        let second = client.execute(Array(batch.dropFirst()), bench.arithmetic)
        #expect(second.responses.count == 3)
        #expect(second.responses.last == failed("c", 4_294_967_284, "0"))
        #expect(client.settings.isEmpty)
        let third = client.execute([config("c", ["a": "b"])], bench.arithmetic)
        #expect(third.responses == [DeviceResponse(correlationID: "c", result: .config)])
    }

    @Test(arguments: [
        ("keygen:514", "%KEYGEN", "1,2,1"), ("csr:523", "%KEYGEN", "1,2,0,\"CN=a\""),
        ("csr:523", "%KEYGEN", "1,2,0"), ("cloud-access-key:523", "%KEYGEN", "1,2,0"),
        ("server-certificate:527", "%CMNG", "0,1,0,\"a\""), ("client-certificate:1", "%CMNG", "0,1,1,\"a\""),
        ("client-key:1", "%CMNG", "0,1,2,\"a\""), ("psk:1", "%CMNG", "0,1,3,\"a\""),
        ("psk:1", "%CMNG", "0,1,4,\"a\""),
    ])
    func failsByName(_ rule: String, _ name: String, _ parameters: String) throws {
        let bench = try Bench()
        var client = bench.client(plan: FailurePlan([try FailurePlan.Rule(text: rule)]))
        let code = try #require(UInt32(rule.split(separator: ":")[1]))
        let execution = client.execute(
            [at("s", "%CMNG", "3,1,2", ignoring: [513]), at("a", name, parameters)], bench.arithmetic)
        #expect(execution.responses.last == failed("a", code))
        #expect(client.modem.credentials.listing.isEmpty)
    }

    @Test(arguments: [
        "", "csr", "csr:", ":514", "0:1", "-1:1", "+1:1", "finished:1", "csr:-1", "csr:1:2", "csr:+1",
    ])
    func refusesOtherPlans(_ text: String) {
        #expect(throws: ToolError.self) { try FailurePlan.Rule(text: text) }
    }

    /// The library copies an id without looking, and its line has to fit one buffer.
    @Test func crashesWhereTheLibraryDoes() throws {
        let bench = try Bench()
        var client = bench.client()
        let id = String(repeating: "a", count: 46)
        #expect(
            client.execute([at(id, "%CMNG", "1")], bench.arithmetic).crash == "a correlation id of 46 octets")
        // AT%CMNG=1,2 and so on: with the buffer of 2,304 octets and its NUL 2,303 fit.
        let fits = String(repeating: "1", count: 2_303 - "AT%CMNG=".utf8.count)
        #expect(client.execute([at("a", "%CMNG", fits)], bench.arithmetic).crash == nil)
        #expect(
            client.execute([at("a", "%CMNG", fits + "1")], bench.arithmetic).crash
                == "an AT line of 2304 octets")
    }
}
