import DeviceIdentity
import JSON
import ProvisioningAPI
import TestFleet
import Testing

@testable import Service

/// Claims by the hundred, lists, roles and teams.
@Suite struct ClaimFlowTests {
    @Test func `a bulk claim names what it claimed and what it did not`() throws {
        let bench = try ServiceBench()
        let devices = try (1...5).map { try TestDevice(seed: $0) }
        for device in devices.prefix(4) { try bench.register(device) }
        let rows = try devices.map { "\"\(try ServiceBench.token($0))\"" }
        let body = rows[0] + ",\"a,b\"\n" + rows[1] + "\nnonsense\n" + rows[4] + "\n" + rows[1] + "\n"
        let answer = bench.send("POST", "/claimed-devices", body, type: nil)
        #expect(answer.status == 200)
        #expect(
            answer.json?["claimedIds"]
                == .array([.string("\(devices[0].uuid)"), .string("\(devices[1].uuid)")]))
        let failed = answer.json?["failed"]?.arrayValue ?? []
        #expect(failed.map { $0["row"] } == [.integer(2), .integer(3)])
        #expect(failed.map { $0["reason"] } == [.string("token-format"), .string("unknown-key")])
        #expect(
            bench.send("GET", "/claimed-devices/\(devices[0].uuid)").json?["tags"]
                == .array([.string("a"), .string("b")]))
        #expect(bench.send("POST", "/claimed-devices", rows[2], type: "text/csv").status == 201)
        #expect(bench.send("POST", "/claimed-devices", "nonsense", type: "text/csv").status == 400)
        #expect(
            bench.send(
                "POST", "/claimed-devices", String(repeating: "x\n", count: 1001), type: "text/csv"
            ).json?["reason"] == .string("too-many-rows"))
    }

    @Test func `the older bulk claim names an operation`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.register(device)
        let answer = bench.send(
            "POST", "/claimed-devices/bulk", "\"\(try ServiceBench.token(device))\"\nnonsense\n",
            type: "text/csv")
        #expect(answer.status == 202)
        let id = try #require(answer.json?["bulkOpsRequestId"]?.stringValue)
        #expect(id.utf8.count == 26)
        let operation = bench.send("GET", "/bulk-ops-requests/\(id)").json
        #expect(operation?["status"] == .string("FAILED"))
        #expect(operation?["endpoint"] == .string("CLAIM_DEVICE_OWNERSHIP"))
        #expect(operation?["result"]?["claimedIds"] == .array([.string("\(device.uuid)")]))
        #expect(bench.send("GET", "/bulk-ops-requests").json?["items"]?.arrayValue?.count == 1)
        #expect(bench.status(device) == "READY")
    }

    @Test func `a dry run stores nothing`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.register(device)
        let body = #"{"claimToken":"\#(try ServiceBench.token(device))"}"#
        #expect(bench.send("POST", "/claimed-devices", body, query: "dryrun=true").status == 202)
        #expect(bench.status(device) == nil)
        let stranger = #"{"claimToken":"\#(try ServiceBench.token(try TestDevice(seed: 2)))"}"#
        let refused = bench.send("POST", "/claimed-devices", stranger, query: "dryrun=true")
        #expect(refused.status == 400)
        #expect(
            refused.json?["message"]?.stringValue?.hasPrefix("claimToken: no identity key is known") == true)
    }

    /// Who misspells a rehearsal does not want the real thing.
    @Test func `a dry run claims nothing, however it is written`() throws {
        let bench = try ServiceBench()
        let (free, ours, theirs) = (try TestDevice(seed: 1), try TestDevice(seed: 2), try TestDevice(seed: 3))
        try bench.register(free)
        try bench.claim(ours)
        let other = try bench.service.createKey(role: .owner, team: "Yard", name: "k").secret
        try bench.claim(theirs, key: other)
        let body = #"{"claimToken":"\#(try ServiceBench.token(free))"}"#
        let table = try [free, ours, theirs].map { try ServiceBench.token($0) + "\n" }.joined()
        for (query, status) in [
            ("dryrun=true", 202), ("dryrun=True", 202), ("dryrun=1", 400), ("dryrun=", 400), ("dryrun", 400),
            ("dryrun=yes", 400), ("dryRun=true", 400), ("dry_run=true", 400),
            ("dryrun=true&dryrun=false", 400),
            ("dryrun=true&x=1", 400), ("dryrun=%74rue", 202),
        ] {
            #expect(
                bench.send("POST", "/claimed-devices", body, query: query).status == status, "\(query)")
            let rows = bench.send("POST", "/claimed-devices", table, query: query, type: "text/csv")
            #expect(rows.status == status, "\(query)")
            if status == 202 {
                #expect(
                    rows.json?["claimedIds"]
                        == .array([.string("\(free.uuid)"), .string("\(ours.uuid)")]))
                #expect(
                    rows.json?["failed"]?.arrayValue?.map { $0["reason"] } == [.string("claimed-elsewhere")])
            }
            #expect(
                bench.send("POST", "/claimed-devices/bulk", table, query: query, type: "text/csv").status
                    == 400)
            #expect(bench.status(free) == nil, "\(query)")
        }
        #expect(bench.send("POST", "/claimed-devices", body, query: "dryrun=false").status == 201)
    }

    @Test func `lists go page by page, also while they change`() throws {
        let bench = try ServiceBench()
        let devices = try (1...7).map { try TestDevice(seed: $0) }
        for device in devices { try bench.claim(device, tags: ["t"]) }
        var found: [String] = []
        var query = "pageLimit=3&tag=t"
        for round in 0..<4 {
            let answer = bench.send("GET", "/claimed-devices", query: query)
            found += answer.json?["items"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
            if round == 0 {
                #expect(answer.json?["total"] == .integer(7))
                #expect(bench.send("DELETE", "/claimed-devices/\(devices[1].uuid)").status == 204)
            }
            guard let token = answer.json?["pageNextToken"]?.stringValue else { break }
            query = "pageLimit=3&tag=t&pageNextToken=\(token)"
        }
        #expect(found == devices.map { "\($0.uuid)" })
        #expect(bench.send("GET", "/claimed-devices", query: "pageLimit=0").status == 400)
        #expect(bench.send("GET", "/claimed-devices", query: "tag=u").json?["items"] == .array([]))
    }

    @Test func `unclaiming forgets, and another team may claim`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.claim(device)
        try bench.add(device, #"{"finished":{}}"#)
        #expect(bench.send("DELETE", "/claimed-devices/\(device.uuid)").status == 204)
        #expect(bench.send("DELETE", "/claimed-devices/\(device.uuid)").status == 404)
        #expect(try bench.fetch(device).status == 401)
        let other = try bench.service.createKey(role: .editor, team: "Yard", name: "k").secret
        #expect(try bench.claimAgain(device, key: other).status == 201)
        #expect(
            bench.send("GET", "/claimed-devices/\(device.uuid)/provisioning", key: other).json?["items"]
                == .array([]))
        #expect(
            bench.send("GET", "/claimed-devices/\(device.uuid)/events", key: other).json?["items"]?
                .arrayValue?
                .count == 1)
    }

    @Test func `roles see and do what they may`() throws {
        let bench = try ServiceBench()
        func key(_ role: Role) throws -> String {
            try bench.service.createKey(role: role, team: "Harbour", name: role.rawValue).secret
        }
        let (viewer, editor, admin) = (try key(.viewer), try key(.editor), try key(.admin))
        let ours = try TestDevice(seed: 1)
        let theirs = try TestDevice(seed: 2)
        try bench.claim(ours, key: editor)
        try bench.claim(theirs, key: admin)
        func ids(_ key: String) -> [String?] {
            bench.send("GET", "/claimed-devices", key: key).json?["items"]?.arrayValue?.map {
                $0["id"]?.stringValue
            } ?? []
        }
        #expect(ids(viewer) == ["\(ours.uuid)"])
        #expect(ids(editor) == ["\(ours.uuid)"])
        #expect(ids(admin) == ["\(ours.uuid)", "\(theirs.uuid)"])
        let rule = #"{"name":"r","commands":[{"request":{"finished":{}}}],"tags":["t"]}"#
        #expect(bench.send("POST", "/provisioning-rules", rule, key: editor).status == 403)
        #expect(bench.send("POST", "/provisioning-rules", rule, key: admin).status == 201)
        #expect(bench.send("POST", "/provisioning-rules", rule, key: admin).status == 409)
        #expect(bench.send("GET", "/provisioning-rules", key: editor).status == 200)
        #expect(bench.send("GET", "/claimed-devices/\(theirs.uuid)", key: editor).status == 404)
        // A viewer changes nothing.
        for row in RoutingTable.rows where row.method != "GET" && !row.route.isDeviceSide {
            let path = row.template.replacing("{device}", with: "\(ours.uuid)")
                .replacing("{command}", with: "\(ours.uuid)").replacing("{rule}", with: "x").replacing(
                    "{id}", with: "x")
            #expect(bench.send(row.method, path, "{}", key: viewer).status == 403, "\(row.method) \(path)")
        }
        #expect(bench.send("GET", "/account", key: viewer).json?["role"] == .string("viewer"))
    }

    @Test func `a key over its rate waits, a revoked one is gone`() throws {
        let bench = try ServiceBench { $0.requestsPerMinute = 2 }
        #expect(bench.send("GET", "/account").status == 200)
        #expect(bench.send("GET", "/account").status == 200)
        let refused = bench.send("GET", "/account")
        #expect(refused.status == 429)
        #expect(refused.headers == ["Retry-After: 20"])
        bench.now += 20
        #expect(bench.send("GET", "/account").status == 200)
        let id = try #require(try bench.service.listKeys().first?.id)
        #expect(try bench.service.revokeKey(id))
        #expect(try !bench.service.revokeKey(id))
        #expect(bench.send("GET", "/account").status == 401)
    }

    @Test func `tokens and JWTs are verified for those who ask`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.register(device)
        let token = try ServiceBench.token(device)
        let results = bench.send("POST", "/attestation-tokens/verify", #"{"tokens":["\#(token)","x"]}"#)
            .json?[
                "results"]?.arrayValue
        #expect(results?.map { $0["verified"] } == [.bool(true), .bool(false)])
        #expect(results?.first?["deviceId"] == .string("\(device.uuid)"))
        let jwt = bench.send("POST", "/jwts/verify", #"{"jwt":"\#(try bench.jwt(device))"}"#).json
        #expect(jwt?["results"]?.arrayValue?.first?["verified"] == .bool(true))
    }
}
