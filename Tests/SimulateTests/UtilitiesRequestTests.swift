import Foundation
import JSON
import Synchronization
import TestFleet
import TestSupport
import Testing

/// What `assay` sends beside what the vendor's own utilities send for the same, recorded by running both.
@Suite("Requests beside those of the nRF Cloud utilities")
struct UtilitiesRequestTests {
    private static let queue = "/v1/claimed-devices"
    private static let tags = "nrf-cloud-onboarding,line-1"

    /// Takes whatever it is sent.
    private static func service(_ devices: [String]) throws -> ScriptedService {
        let claimed = Mutex(0)
        let ids = Mutex(0)
        return try ScriptedService { request in
            guard request.method == "POST" else { return .json(200, #"{"items":[]}"#) }
            if request.path == queue {
                let rows = request.body.split(separator: "\n").count
                let own = claimed.withLock { start in
                    defer { start += rows }
                    return devices.dropFirst(start).prefix(rows)
                }
                return .json(
                    201, #"{"claimedIds":[\#(own.map { "\"\($0)\"" }.joined(separator: ","))]}"#)
            }
            let number = ids.withLock { number in
                number += 1
                return number
            }
            return .json(201, #"{"id":"id-\#(number)","status":"PENDING"}"#)
        }
    }

    /// The bodies that were posted to a path, in order.
    private static func bodies(_ service: ScriptedService, _ path: String) -> [String] {
        service.requests.filter { $0.method == "POST" && $0.path == path }.map(\.body)
    }

    private static func values(_ bodies: [String]) throws -> [JSONValue] {
        try bodies.map { try JSONValue(parsing: Array($0.utf8)) }
    }

    @Test func theBodiesAreTheSame() throws {
        let python = URL(fileURLWithPath: try Peers.python())
        let fleet = try WorkFolder()
        try ServiceUnderTest.run(
            TestPaths.service,
            ["simulate", "--export", "fleet", "--devices", "1003", "--seed", "requests"], fleet)
        let rows = fleet.path("fleet/attestation_tokens.csv")
        let devices = try String(contentsOfFile: rows, encoding: .utf8).split(separator: "\n")
            .map { String($0.split(separator: ",")[1]) }
        try ServiceUnderTest.run(
            program: "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "device.key", "-out", "device.crt", "-days", "2", "-subj", "/CN=\(devices[0])",
            ], fleet)

        let theirs = try Self.service(devices)
        let peer = TestPaths.root.appendingPathComponent("fixtures/peers/utilities-requests.py").path
        try ServiceUnderTest.run(
            python,
            [
                peer, ScriptedService.key, theirs.url + "/v1/", rows, Self.tags, devices[0],
                fleet.path("device.crt"),
            ], fleet)

        let ours = try Self.service(devices)
        let certificate = "client-certificate=" + fleet.path("device.crt")
        let steps = ["csr", certificate, "server-certificate=nrf-cloud", "finished"]
        let rule = [
            "rule", "compose", "nRF Cloud Onboarding", "--tag", "nrf-cloud-onboarding", "--active", "keygen",
            "cloud-access-key", "server-certificate=nrf-cloud-coap",
        ]
        for (verb, arguments) in [
            ("commands", ["commands", "compose", "--device", devices[0]] + steps), ("rule", rule),
        ] {
            let composed = try ServiceUnderTest.run(TestPaths.binary, arguments, fleet)
            try ours.folder.write(composed, to: "\(verb).json")
            let sent = try ours.assay([verb, "submit", "\(verb).json"], store: "journal.db")
            #expect(sent.status == 0, "\(sent)")
        }
        let claimed = try ours.assay(
            ["claim", "submit", rows, "--tags", Self.tags, "--connections", "1"], store: "claims.db")
        #expect(claimed.status == 0, "\(claimed.errors)")

        // CSV octet for octet; JSON by its values, with the same members in whatever order.
        let claims = Self.bodies(theirs, Self.queue)
        #expect(claims.map { $0.split(separator: "\n").count } == [1_000, 3])
        #expect(Self.bodies(ours, Self.queue) == claims)
        let commands = try Self.values(Self.bodies(theirs, "\(Self.queue)/\(devices[0])/provisioning"))
        #expect(commands.count == 4)
        #expect(
            try Self.values(Self.bodies(ours, "\(Self.queue)/\(devices[0])/provisioning")).map(Self.sorted)
                == commands.map(Self.sorted))
        let rules = try Self.values(Self.bodies(theirs, "/v1/provisioning-rules"))
        #expect(rules.count == 1)
        let sent = try Self.values(Self.bodies(ours, "/v1/provisioning-rules"))
        #expect(sent.count == 1)
        // The description of a rule and of its commands is for people; theirs says what ours has in its name.
        #expect(sent.first.map(Self.withoutDescriptions) == rules.first.map(Self.withoutDescriptions))
        // The service knows what a body is by its Content-Type, which the utilities do not send with CSV.
        for request in ours.requests where request.method == "POST" {
            let kind = request.path == Self.queue ? "text/csv" : "application/json"
            #expect(request.headers.lowercased().contains("content-type: \(kind)"), "\(request.headers)")
            #expect(request.headers.contains("uthorization: Bearer \(ScriptedService.key)"))
        }
    }

    private static func sorted(_ value: JSONValue) -> String { text(value, without: []) }

    private static func withoutDescriptions(_ value: JSONValue) -> String {
        text(value, without: ["description"])
    }

    private static func text(_ value: JSONValue, without left: Set<String>) -> String {
        switch value {
        case .object(let object):
            let members = object.members.filter { !left.contains($0.name) }.sorted { $0.name < $1.name }
            return "{"
                + members.map { "\($0.name): \(text($0.value, without: left))" }.joined(separator: ", ")
                + "}"
        case .array(let values): return "\(values.map { text($0, without: left) })"
        default: return "\(value)"
        }
    }
}
