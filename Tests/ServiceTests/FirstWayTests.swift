import DeviceIdentity
import JSON
import ProvisioningAPI
import ProvisioningCommands
import TestFleet
import Testing

@testable import Service

/// From a claim to PROVISIONED.
@Suite struct FirstWayTests {
    @Test func `a device is claimed, gets a command, and is provisioned`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.register(device)
        #expect(try bench.fetch(device).status == 401)
        let claimed = try bench.claimAgain(device, tags: ["location=Trondheim"])
        #expect(claimed.status == 201)
        let team = try #require(bench.send("GET", "/account").json?["team"]?["tenantId"]?.stringValue)
        let expected: JSONValue = .object([
            "id": .string("\(device.uuid)"), "deviceType": .string("nrf9160_SICA"),
            "firmwareId": .string("1a1a1a1a-1a1a-1a1a-1a1a-1a1a1a1a1a1a"), "imei": .string("\(device.imei)"),
            "ownerId": .string(team), "ownershipStatus": .string("IDENTIFIED"),
            "tags": .array([.string("location=Trondheim")]), "status": .string("READY"),
            "claimedAt": .string("2026-05-28T20:26:40.000Z"),
        ])
        #expect(claimed.json == expected)
        #expect(bench.send("GET", "/claimed-devices/\(device.uuid)").json == expected)
        #expect(try bench.fetch(device).status == 204)

        let key = try bench.add(device, #"{"clientPrivateKeyGeneration":{"secTag":16842753}}"#)
        try bench.add(device, #"{"finished":{}}"#)
        let commands = try bench.commands(device)
        #expect(commands.map(\.correlationID) == ["\(key).4.s", "\(key).4", commands[2].correlationID])
        #expect(bench.status(device) == "PROVISIONING")
        #expect(try bench.report(device, try bench.run(device, commands)) == 200)
        #expect(bench.status(device) == "PROVISIONED")
        let answer = bench.send("GET", "/claimed-devices/\(device.uuid)/provisioning/\(key)")
        #expect(answer.json?["status"] == .string("SUCCEEDED"))
        #expect(answer.json?["response"]?["clientPrivateKeyGeneration"]?["message"] != nil)
        #expect(try bench.fetch(device).status == 204)
    }

    @Test func `a claim again is answered as the first, another team's is refused`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 2)
        let first = try bench.claim(device)
        let second = try bench.claimAgain(device)
        #expect(second.status == 201)
        #expect(second.json == first.json)
        #expect(second.headers == ["Assay-Claim: repeated"])
        let other = try bench.service.createKey(role: .owner, team: "Yard", name: "k").secret
        #expect(try bench.claimAgain(device, key: other).status == 409)
        #expect(bench.send("GET", "/claimed-devices/\(device.uuid)", key: other).status == 404)
    }

    @Test func `bad credentials are told from an unclaimed device`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 3)
        let stranger = try TestDevice(seed: 4)
        #expect(try bench.fetch(stranger).status == 401)
        try bench.register(device)
        #expect(try bench.fetch(device).status == 401)
        try bench.claimAgain(device)
        #expect(try bench.fetch(device, jwt: "nonsense").status == 403)
        #expect(try bench.fetch(device, jwt: bench.jwt(device, signer: stranger)).status == 403)
        #expect(try bench.fetch(device, jwt: bench.jwt(device, expires: bench.now - 61)).status == 403)
        #expect(try bench.fetch(device).status == 204)
    }

    @Test func `without a key nothing is told`() throws {
        let bench = try ServiceBench()
        let answer = bench.send("GET", "/claimed-devices", key: "0000")
        #expect(answer.status == 401)
        #expect(answer.json?["message"]?.stringValue == "expected an API key in force, found another")
    }
}
