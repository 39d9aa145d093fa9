import Foundation
import JSON
import Synchronization
import TestFleet
import TestSupport
import Testing

/// The verbs that talk to a service against one that echoes, loses, refuses and makes things up.
@Suite("Verbs at a service that is not as it should be")
struct SubmitContractTests {
    private static let device = "50363154-3931-44f0-8022-121b6401627d"
    private static let queue = "/v1/claimed-devices/\(device)/provisioning"
    private static let csr = #"{"certificateSigningRequest":{"secTag":17,"attributes":"CN=x"}}"#

    private static func fixture(_ name: String) throws -> String {
        try String(contentsOf: TestPaths.fixtures.appendingPathComponent(name), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func batch(_ requests: [String]) -> String {
        let commands = requests.map { #"{"request":\#($0)}"# }.joined(separator: ",")
        return #"{"schema":"assay.commands/1","deviceUuid":"\#(device)","commands":[\#(commands)]}"# + "\n"
    }

    private func object(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array((text.split(separator: "\n").last ?? "").utf8))
    }

    // MARK: What it echoes

    @Test func noCredentialIsPrinted() throws {
        let token = try String(Self.fixture("attestation_tokens.csv").split(separator: ",")[2])
        let service = try ScriptedService(team: nil) { request in
            let key = ScriptedService.key
            if request.path == "/v1/account" {
                return .json(
                    200, #"{"team":{"tenantId":"t","name":"of \#(key) \#(token)"},"role":"\#(key)"}"#)
            }
            if request.path.hasPrefix("/v1/provisioning-rules") {
                return .json(200, #"{"items":[{"id":"1","name":"\#(token)","tags":["\#(key)"]}]}"#)
            }
            return .json(
                200,
                #"{"items":[{"id":"\#(token)","status":"READY","imei":"\#(token)","tags":["\#(token)","\#(key)"]}]}"#
            )
        }
        for arguments in [["account", "show"], ["fleet", "list"], ["rule", "list"]] {
            let outcome = try service.assay(arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let text = outcome.output + outcome.errors
            #expect(text.contains("[the API key]") && text.contains("sha256:"), "\(text)")
            #expect(!text.contains(ScriptedService.key) && !text.contains(token.prefix(40)), "\(text)")
        }
        let refusing = try ScriptedService(team: nil) { request in
            .json(401, #"{"message":"unknown key \#(ScriptedService.key) \#(token)"}"#)
        }
        let outcome = try refusing.assay(["account", "show"])
        #expect(outcome.status == 6)
        #expect(!outcome.errors.contains(ScriptedService.key) && !outcome.errors.contains(token.prefix(40)))
    }

    // MARK: What is no answer

    /// A status below 100 ended the process inside the HTTP client.
    @Test(arguments: ["099", "000", "001"])
    func aStatusThatIsNoneIsRefused(_ status: String) throws {
        let service = try ScriptedService(team: nil) { _ in
            .raw("HTTP/1.1 \(status) X\r\nContent-Length: 2\r\n\r\n{}")
        }
        let shown = try service.assay(["account", "show"])
        #expect(shown.status == 6, "\(shown)")
        #expect(try object(shown.errors)["code"] == .string("service-contract"))
        let listed = try service.assay(["claim", "submit", "-", "--give-up-after", "1s"], store: "a.db")
        #expect(listed.status == 6, "\(listed)")
    }

    @Test(arguments: ["{}", "[]", #"{"items":{}}"#, #"{"message":"hi"}"#, #"{"items":["x"]}"#])
    func whatIsNoListIsAnError(_ body: String) throws {
        let service = try ScriptedService { _ in .json(200, body) }
        let outcome = try service.assay(["fleet", "list"])
        #expect(outcome.status == 6 && outcome.output.isEmpty)
        #expect(try object(outcome.errors)["code"] == .string("service-contract"))
    }

    @Test(arguments: [302, 400, 409])
    func onlyA404SaysThatADeviceIsNotClaimed(_ status: Int) throws {
        let service = try ScriptedService { _ in .json(status, #"{"message":"elsewhere"}"#) }
        for verb in ["why", "show"] {
            let outcome = try service.assay(["fleet", verb, Self.device])
            #expect(outcome.status == 6 && outcome.output.isEmpty, "\(outcome)")
        }
        let other = try ScriptedService { _ in .json(404, #"{"message":"no"}"#) }
        let why = try other.assay(["fleet", "why", Self.device])
        #expect(why.status == 1)
        #expect(try object(why.output)["reason"] == .string("unclaimed"))
        #expect(try other.assay(["fleet", "show", Self.device]).status == 6)
    }

    // MARK: Changes whose answer was lost

    /// The DELETE was done and its answer lost; the 404 that follows is its end, and the row can be claimed again.
    @Test func unclaimIsDoneThatWasDone() throws {
        let deletes = Mutex(0)
        let service = try ScriptedService { request in
            guard request.method == "DELETE" else {
                return .json(201, #"{"claimedIds":["\#(Self.device)"]}"#)
            }
            return deletes.withLock {
                $0 += 1; return $0
            } == 1
                ? .none : .json(404, #"{"message":"not claimed"}"#)
        }
        try service.folder.write(try Self.fixture("attestation_tokens.csv") + "\n", to: "t.csv")
        let claim = ["claim", "submit", "t.csv"]
        #expect(try object(service.assay(claim, store: "a.db").output)["status"] == .string("claimed"))
        let unclaim = try service.assay(["fleet", "unclaim", Self.device], store: "a.db")
        #expect(unclaim.status == 0, "\(unclaim)")
        #expect(try object(unclaim.output)["status"] == .string("done"))
        #expect(try object(service.assay(claim, store: "a.db").output)["status"] == .string("claimed"))
        // Another time nothing was lost: the device is not there, and the row can be sent all the same.
        let again = try service.assay(["fleet", "unclaim", Self.device], store: "a.db")
        #expect(again.status == 6)
        #expect(try object(service.assay(claim, store: "a.db").output)["status"] == .string("claimed"))
    }

    /// What another team claimed is not this team's to forget.
    @Test func unclaimForgetsForItsTeamAlone() throws {
        let team = Mutex("B")
        let service = try ScriptedService(team: nil) { request in
            if request.path == "/v1/account" {
                return .json(200, #"{"team":{"tenantId":"\#(team.withLock { $0 })"},"role":"admin"}"#)
            }
            return request.method == "DELETE"
                ? .raw("HTTP/1.1 204 X\r\n\r\n") : .json(201, #"{"claimedIds":["\#(Self.device)"]}"#)
        }
        try service.folder.write(try Self.fixture("attestation_tokens.csv") + "\n", to: "t.csv")
        let claim = ["claim", "submit", "t.csv"]
        #expect(try service.assay(claim, store: "a.db").status == 0)
        team.withLock { $0 = "A" }
        #expect(try service.assay(["fleet", "unclaim", Self.device], store: "a.db").status == 0)
        team.withLock { $0 = "B" }
        #expect(try object(service.assay(claim, store: "a.db").output)["status"] == .string("existing"))
    }

    @Test(arguments: [
        ("skip", "SKIPPED", 0), ("skip", "FAILED", 6), ("retry", "PENDING", 0), ("retry", "FAILED", 6),
        ("block", "BLOCKED", 0), ("block", "READY", 6), ("unblock", "READY", 0), ("unblock", "BLOCKED", 6),
    ])
    func aChangeThatIsRefusedAfterALostAnswerIsLookedAt(_ verb: String, _ state: String, _ status: Int32)
        throws
    {
        let changes = Mutex(0)
        let service = try ScriptedService { request in
            if request.method == "GET" {
                return request.path == Self.queue
                    ? .json(200, #"{"items":[{"id":"c1","status":"FAILED"}]}"#)
                    : .json(200, #"{"id":"c1","status":"\#(state)"}"#)
            }
            return changes.withLock {
                $0 += 1; return $0
            } == 1
                ? .none : .json(409, #"{"message":"found another state"}"#)
        }
        let outcome = try service.assay(["fleet", verb, Self.device])
        #expect(outcome.status == status, "\(outcome)")
        #expect(changes.withLock { $0 } == 2)
    }

    // MARK: Following commands

    @Test func aKeyThatIsRevokedEndsTheWait() throws {
        let isSent = Mutex(false)
        let service = try ScriptedService { request in
            if request.method == "POST" {
                isSent.withLock { $0 = true }
                return .json(201, #"{"id":"c1"}"#)
            }
            return isSent.withLock { $0 }
                ? .json(401, #"{"message":"revoked"}"#) : .json(200, #"{"items":[]}"#)
        }
        try service.folder.write(Self.batch([Self.csr]), to: "b.json")
        let outcome = try service.assay(["commands", "submit", "b.json", "--wait"], store: "a.db")
        #expect(outcome.status == 6)
        #expect(try object(outcome.errors)["code"] == .string("service-refused"))
        #expect(service.requests.count == 3)
    }

    /// A command that is gone is told at once; an empty 404 from whatever stands in between ends nothing.
    @Test func aCommandThatIsGoneHasFailed() throws {
        let looks = Mutex(0)
        let service = try ScriptedService { request in
            if request.method == "POST" { return .json(201, #"{"id":"c1"}"#) }
            if request.path == Self.queue { return .json(200, #"{"items":[]}"#) }
            return looks.withLock {
                $0 += 1; return $0
            } == 1
                ? .json(404, "") : .json(404, #"{"message":"no such command"}"#)
        }
        try service.folder.write(Self.batch([Self.csr]), to: "b.json")
        let outcome = try service.assay(["commands", "submit", "b.json", "--wait"], store: "a.db")
        #expect(outcome.status == 1, "\(outcome)")
        #expect(try object(outcome.output)["status"] == .string("failed"))
        #expect(looks.withLock { $0 } == 2)
    }

    // MARK: CSRs

    private func submitForCSR(_ message: String?, times: Int = 1) throws -> (Program.Outcome, file: String?) {
        let service = try ScriptedService { request in
            if request.method == "POST" { return .json(201, #"{"id":"c1"}"#) }
            guard request.path == Self.queue else { return .json(404, "{}") }
            var members: JSONObject = ["id": .string("c1"), "status": .string("SUCCEEDED")]
            if let message {
                members["response"] = .object([
                    "certificateSigningRequest": .object(["message": .string(message)])
                ])
            }
            let list = JSONValue.object(["items": .array([.object(members)])])
            return .json(200, String(decoding: list.compact(), as: UTF8.self))
        }
        try service.folder.write(
            String(repeating: Self.batch([Self.csr]), count: times), to: "b.json")
        // What the device has before the batch is not its own.
        let outcome = try service.assay(
            ["commands", "submit", "b.json", "--wait", "--csr-out", "csr.txt"], store: "a.db")
        return (
            outcome,
            try? String(contentsOf: service.folder.url.appendingPathComponent("csr.txt"), encoding: .utf8)
        )
    }

    @Test func aCSRIsWrittenOnce() throws {
        let csr = try Self.fixture("tokens/keygen-csr-nrf9160.txt")
        let (outcome, file) = try submitForCSR(" \(csr)\r\n", times: 2)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(file == csr + "\n")
        #expect(outcome.output.split(separator: "\n").count == 2)
    }

    @Test(arguments: [nil, "", "junk \u{1b}[31m", "AAAA.BBBB", "other", "key", "two"])
    func aCSRThatIsNoneIsAFailure(_ message: String?) throws {
        let csr = try Self.fixture("tokens/keygen-csr-nrf9160.txt")
        let texts = [
            "other": try Self.fixture("tokens/keygen-csr-nrf91x1.txt"),
            "key": try Self.fixture("tokens/keygen-public-key-nrf9160.txt"), "two": csr + "\n" + csr,
        ]
        let (outcome, file) = try submitForCSR(message.map { texts[$0] ?? $0 })
        #expect(outcome.status == 1, "\(outcome)")
        #expect(file == nil)
        let result = try object(outcome.output)
        #expect(result["status"] == .string("failed"))
        #expect(result["failures"]?.arrayValue?.first?["code"] == .string("service-contract"))
        #expect(!outcome.output.contains(csr.prefix(40)))
    }

    // MARK: Order

    /// Batches of one device are sent in the order of the input, whatever the number of connections.
    @Test func batchesOfADeviceAreNotMixed() throws {
        let sent = Mutex<[String]>([])
        let service = try ScriptedService { request in
            guard request.method == "POST" else { return .json(200, #"{"items":[]}"#) }
            let number = sent.withLock {
                $0.append(request.body)
                return $0.count
            }
            Thread.sleep(forTimeInterval: 0.05)
            return .json(201, #"{"id":"c\#(number)"}"#)
        }
        let requests = (1...6).map { Self.csr.replacingOccurrences(of: "17", with: "\($0)") }
        let batches = [Array(requests[0..<3]), Array(requests[3..<6])]
        try service.folder.write(batches.map(Self.batch).joined(), to: "b.jsonl")
        let outcome = try service.assay(["commands", "submit", "b.jsonl"], store: "a.db")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(sent.withLock { $0 } == requests.map { #"{"request":\#($0)}"# })
    }

    /// `Retry-After` may be a date.
    @Test func theServiceSaysUntilWhenToWait() throws {
        let end = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.up) + 3)
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = formatter.string(from: end)
        let posts = Mutex<[Date]>([])
        let service = try ScriptedService { request in
            let count = posts.withLock {
                $0.append(Date())
                return $0.count
            }
            return count == 1
                ? .json(429, "{}", headers: "Retry-After: \(date)\r\n")
                : .json(201, #"{"claimedIds":["\#(Self.device)"]}"#)
        }
        try service.folder.write(try Self.fixture("attestation_tokens.csv") + "\n", to: "t.csv")
        #expect(try service.assay(["claim", "submit", "t.csv"], store: "a.db").status == 0)
        let times = posts.withLock { $0 }
        #expect(times.count == 2)
        #expect(try #require(times.last) >= end)
    }
}
