import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// A thousand devices from claim to certificate, and a service that dies ten times on the way.
@Suite("A fleet through ten deaths", .serialized)
struct EnduranceTests {
    private static let tag = 16_842_753
    private static let count = 1_000
    private static let deaths = 10

    /// A device as the service lists it.
    private struct Listed {
        let uuid: String
        let status: String
    }

    private func list(_ service: ServiceUnderTest) async throws -> [Listed] {
        var found: [Listed] = []
        var page = ""
        repeat {
            let answer = try await service.ask("GET", "/claimed-devices?pageLimit=100\(page)")
            for item in answer.json?["items"]?.arrayValue ?? [] {
                found.append(
                    Listed(
                        uuid: item["id"]?.stringValue ?? "", status: item["status"]?.stringValue ?? ""))
            }
            page = (answer.json?["pageNextToken"]?.stringValue).map { "&pageNextToken=\($0)" } ?? ""
        } while !page.isEmpty
        return found
    }

    private func statuses(_ service: ServiceUnderTest) async throws -> [String: Int] {
        Dictionary(try await list(service).map { ($0.status, 1) }, uniquingKeysWith: +)
    }

    /// The same service after kill -9.
    private func reborn(_ service: ServiceUnderTest) async throws -> ServiceUnderTest {
        try service.kill()
        return try ServiceUnderTest(after: service)
    }

    @Test func loseNothing() async throws {
        var service = try ServiceUnderTest(seed: "thousand", devices: Self.count)
        let rule = try await service.ask(
            "POST", "/provisioning-rules",
            #"{"name":"all","active":true,"tags":["bench"],"commands":["#
                + #"{"request":{"certificateSigningRequest":{"secTag":\#(Self.tag)}}}]}"#)
        #expect(rule.status == 201, "\(rule.text)")
        let devices = try await service.claim()
        let simulation = try service.simulate([
            "--devices", "\(Self.count)", "--seed", "thousand", "--jobs", "8", "--back-off", "1",
            "--timeout", "10m", "--credentials", "modems",
        ])
        for _ in 0..<(Self.deaths / 2) {
            try await Task.sleep(for: .seconds(1))
            service = try await reborn(service)
        }
        try await service.wait("all CSRs", limit: 240) {
            try await self.statuses(service) == ["AWAITING": Self.count]
        }

        // One answer each, and one certificate each, however often the device was asked.
        var tokens: [String] = []
        for device in devices {
            let answer = try await service.ask("GET", "/claimed-devices/\(device)/provisioning")
            let items = answer.json?["items"]?.arrayValue ?? []
            #expect(items.count == 1)
            let response = items.first?["response"]?["certificateSigningRequest"]?["message"]?.stringValue
            tokens.append(try #require(response, "\(answer.text)"))
        }
        try service.folder.write(tokens.joined(separator: "\n") + "\n", to: "tokens.txt")
        try ServiceUnderTest.run(
            TestPaths.binary, ["ca", "init", "ca", "--subject", "CN=Devices", "--no-passphrase"],
            service.folder)
        let issued = try ServiceUnderTest.run(
            TestPaths.binary,
            [
                "ca", "issue", "--ca", "ca", "--require-attestation", "--keys", "fleet/devices.csv", "--json",
                "tokens.txt",
            ], service.folder)
        var certificates: [String: String] = [:]
        for line in issued.split(separator: "\n") {
            let record = try JSONValue(parsing: Array(line.utf8))
            #expect(record["status"] == .string("issued"))
            certificates[record["deviceUuid"]?.stringValue ?? ""] = record["certificatePem"]?.stringValue
        }
        #expect(Set(certificates.keys) == Set(devices))

        // The service dies between two requests of the operator, and in the middle of what the devices do.
        let pause = Self.count / (Self.deaths / 2)
        for (index, device) in devices.enumerated() {
            if index % pause == pause / 2 { service = try await reborn(service) }
            let content = JSONValue.string(try #require(certificates[device]))
            let quoted = String(decoding: content.compact(), as: UTF8.self)
            try await service.add(
                #"{"clientCertificate":{"secTag":\#(Self.tag),"content":\#(quoted)}}"#, to: device)
            try await service.add(#"{"finished":{}}"#, to: device)
        }
        let outcome = try simulation.wait(limit: 400)
        #expect(outcome.status == 0)
        #expect(outcome.errors == "assayd: \(Self.count) of \(Self.count) devices provisioned\n")
        #expect(try await statuses(service) == ["PROVISIONED": Self.count])

        // Every command was executed once, or again without harm: what a modem has in the end is what was issued.
        for device in devices {
            let commands = try await service.ask("GET", "/claimed-devices/\(device)/provisioning")
            let states = (commands.json?["items"]?.arrayValue ?? []).map { $0["status"]?.stringValue ?? "" }
            #expect(states == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"])
            let kept = try String(
                contentsOf: service.folder.url.appendingPathComponent("modems/\(device).\(Self.tag).crt"),
                encoding: .utf8)
            #expect(kept == certificates[device])
        }
        for device in [devices[0], devices[Self.count / 2], devices[Self.count - 1]] {
            let key = try ServiceUnderTest.run(
                TestPaths.binary, ["key", "public", "modems/\(device).\(Self.tag).key"], service.folder)
            let certified = try ServiceUnderTest.run(
                TestPaths.binary, ["key", "public", "modems/\(device).\(Self.tag).crt"], service.folder)
            #expect(key == certified)
        }
    }
}
