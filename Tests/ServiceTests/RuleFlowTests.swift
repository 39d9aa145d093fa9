import DeviceIdentity
import JSON
import ProvisioningAPI
import ProvisioningCommands
import TestFleet
import Testing

@testable import Service

/// Rules, groups and queues through the operators' side.
@Suite struct RuleFlowTests {
    private func rule(_ name: String, _ commands: String, tag: String = "g", active: Bool = true) -> String {
        #"{"name":"\#(name)","active":\#(active),"commands":[\#(commands)],"tags":["\#(tag)"]}"#
    }

    private let config = #"{"request":{"config":{"properties":{"a":"b"}}}}"#
    private let finished = #"{"request":{"finished":{}}}"#

    @Test func `a draft does nothing until it is activated, then each device gets it once`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.claim(device)
        let made = bench.send(
            "POST", "/provisioning-rules", rule("one", config + "," + finished, active: false))
        #expect(made.status == 201)
        #expect(made.json?["status"] == .string("DRAFT"))
        let id = try #require(made.json?["id"]?.stringValue)
        #expect(
            bench.send("PUT", "/claimed-devices/\(device.uuid)/tags", #"["g"]"#).json?["tags"]
                == .array([.string("g")]))
        #expect(try bench.commands(device).isEmpty)
        #expect(bench.send("PATCH", "/provisioning-rules/\(id)", #"{"description":"d"}"#).status == 200)
        #expect(bench.send("POST", "/provisioning-rules/\(id)/activate").json?["active"] == .bool(true))
        #expect(bench.send("PATCH", "/provisioning-rules/\(id)", #"{"description":"e"}"#).status == 409)
        try bench.provision(device)
        #expect(bench.status(device) == "PROVISIONED")
        #expect(try bench.commands(device).isEmpty)
        let second = bench.send("POST", "/provisioning-rules", rule("two", config + "," + finished))
        #expect(second.status == 201)
        let later = try TestDevice(seed: 2)
        try bench.claim(later, tags: ["g"])
        try bench.provision(later)
        try bench.provision(device)
        for device in [device, later] {
            let commands = bench.send("GET", "/claimed-devices/\(device.uuid)/provisioning")
            let rules = commands.json?["items"]?.arrayValue?.map { $0["ruleId"]?.stringValue ?? "" }
            let other = second.json?["id"]?.stringValue ?? ""
            #expect(rules == [id, id, other, other])
            #expect(bench.status(device) == "PROVISIONED")
        }
        #expect(bench.send("DELETE", "/provisioning-rules/\(id)").status == 204)
        #expect(bench.send("GET", "/provisioning-rules/\(id)").status == 404)
        #expect(bench.send("GET", "/provisioning-rules").json?["total"] == .integer(1))
    }

    @Test func `a failing command suspends the queue until it is skipped`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 3)
        try bench.claim(device)
        let first = try bench.add(device, #"{"config":{"properties":{"a":"b"}}}"#)
        let second = try bench.add(device, #"{"clientPrivateKeyGeneration":{"secTag":5}}"#)
        try bench.add(device, #"{"finished":{}}"#)
        let commands = try bench.commands(device)
        try bench.report(
            device,
            try bench.run(device, commands) { command in
                if case .at(let at) = command.action, at.name == "%KEYGEN" { return 523 }
                return nil
            })
        #expect(bench.status(device) == "ERROR")
        let path = "/claimed-devices/\(device.uuid)/provisioning/"
        #expect(bench.send("GET", path + first).json?["status"] == .string("SUCCEEDED"))
        #expect(
            bench.send("GET", path + second).json?["response"]
                == .object([
                    "error": .object(["cmeError": .integer(523), "message": .string("+CME ERROR: 523")])
                ]))
        #expect(try bench.commands(device).isEmpty)
        let diagnosis = bench.send("GET", "/claimed-devices/\(device.uuid)/diagnosis").json
        #expect(diagnosis?["reason"] == .string("suspended"))
        #expect(diagnosis?["commandId"] == .string(second))
        #expect(bench.send("POST", path + second + "/skip").json?["status"] == .string("SKIPPED"))
        try bench.provision(device)
        #expect(bench.status(device) == "PROVISIONED")
        #expect(bench.send("POST", path + second + "/retry").json?["status"] == .string("PENDING"))
        #expect(bench.send("POST", path + first + "/retry").status == 409)
        #expect(bench.send("DELETE", path + first).status == 204)
        #expect(bench.send("GET", path + first).status == 404)
        #expect(
            bench.send("PUT", path + second, #"{"request":{"finished":{}}}"#).json?["request"]
                == .object(["finished": .object([:])]))
    }

    @Test func `a blocked device gets nothing, and goes on when it is unblocked`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 4)
        try bench.claim(device)
        try bench.add(device, #"{"config":{"properties":{"a":"b"}}}"#)
        let commands = try bench.commands(device)
        try bench.add(device, #"{"finished":{}}"#)
        #expect(
            bench.send("PUT", "/claimed-devices/\(device.uuid)/block").json?["status"] == .string("BLOCKED"))
        #expect(try bench.report(device, try bench.run(device, commands)) == 200)
        #expect(try bench.commands(device).isEmpty)
        #expect(
            bench.send("DELETE", "/claimed-devices/\(device.uuid)/block").json?["status"]
                == .string("PROVISIONING"))
        try bench.provision(device)
        #expect(bench.status(device) == "PROVISIONED")
    }

    @Test func `the 21st command is a conflict`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 5)
        try bench.claim(device)
        for _ in 0..<20 { try bench.add(device, #"{"finished":{}}"#) }
        let answer = bench.send(
            "POST", "/claimed-devices/\(device.uuid)/provisioning", #"{"request":{"finished":{}}}"#)
        #expect(answer.status == 409)
        #expect(answer.json?["reason"] == .string("command-limit"))
    }

    @Test func `bodies that cannot be are told apart`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 6)
        try bench.claim(device)
        let path = "/claimed-devices/\(device.uuid)/provisioning"
        #expect(bench.send("POST", path, "{").status == 400)
        #expect(bench.send("POST", path, #"{"request":{}}"#).status == 400)
        #expect(bench.send("POST", path, #"{"request":{"other":{}}}"#).status == 400)
        #expect(
            bench.send("POST", path, #"{"request":{"clientCertificate":{"secTag":1,"content":"x"}}}"#).status
                == 422)
        #expect(bench.send("POST", "/claimed-devices", "x", type: "image/png").status == 415)
        #expect(bench.send("POST", "/claimed-devices/nonsense/provisioning", "{}").status == 404)
        #expect(bench.send("PATCH", "/claimed-devices").headers == ["Allow: POST, GET"])
    }
}
