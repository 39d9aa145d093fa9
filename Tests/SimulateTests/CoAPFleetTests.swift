import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// Fleets over CoAP where datagrams and services get lost.
@Suite("A fleet by datagrams", .serialized)
struct CoAPFleetTests {
    /// `ASSAY_COAP_DEVICES` makes it a longer one; `make soak` does.
    private static let devices =
        ProcessInfo.processInfo.environment["ASSAY_COAP_DEVICES"].flatMap { Int($0) } ?? 200
    /// Deletion and key, configuration, and the end.
    private static let commands = 4

    private func prepare(_ service: ServiceUnderTest) async throws -> [String] {
        let rule = try await service.ask(
            "POST", "/provisioning-rules",
            #"{"name":"all","active":true,"tags":["bench"],"commands":["#
                + #"{"request":{"certificateSigningRequest":{"secTag":16842753,"attributes":"O=Bench","#
                + #""keyUsage":"101010000"}}},{"request":{"config":{"properties":{"a":"b"}}}},"#
                + #"{"request":{"finished":{}}}]}"#)
        #expect(rule.status == 201, "\(rule.text)")
        return try await service.claim()
    }

    private func lines(_ outcome: Program.Outcome) throws -> [JSONValue] {
        try outcome.wholeLines.map { try JSONValue(parsing: Array($0.utf8)) }
    }

    /// The number before a word on standard error.
    private func number(before word: String, in errors: String) throws -> Int {
        let words = errors.split { " \n,".contains($0) }
        let place = try #require(words.firstIndex { $0 == word })
        return try #require(Int(words[place - 1]))
    }

    /// All get there, and none executes anything twice whose report arrived.
    @Test func nothingIsLostOrDoneTwice() async throws {
        let service = try ServiceUnderTest(seed: "weather", devices: Self.devices, by: .coap)
        let devices = try await prepare(service)
        var weather = DatagramRelay.Weather()
        weather.loss = 0.05
        weather.doubling = 0.05
        weather.delay = 0.05
        weather.cutting = 0.05
        let port = try #require(service.deviceURL.split(separator: ":").last.flatMap { UInt16($0) })
        let relay = try DatagramRelay(to: port, weather, seed: 11)
        let outcome = try service.simulate(
            [
                "--devices", "\(Self.devices)", "--seed", "weather", "--timeout", "\(200 + Self.devices)s",
                "--jobs", "64",
            ], at: "coaps://127.0.0.1:\(relay.port)"
        ).wait(limit: 220 + Double(Self.devices))
        let counts = relay.stop()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try lines(outcome)
        #expect(lines.map { $0["deviceUuid"] } == devices.map { .string($0) })
        #expect(lines.allSatisfy { $0["status"] == .string("provisioned") })
        // What the service was not told of is delivered again, and nothing else: a report is given up in the end, once in a
        // thousand in this weather, and the device says so.
        let again = lines.filter { $0["commands"] != .integer(Int64(Self.commands)) }
        #expect(again.count <= max(Self.devices / 100, 1), "\(again)")
        for line in again {
            let messages = line["failures"]?.arrayValue?.compactMap { $0["message"]?.stringValue } ?? []
            #expect(messages.contains { $0.hasPrefix("a report was lost") }, "\(line)")
        }
        // The weather was what it should be.
        for count in [counts.lost, counts.doubled, counts.delayed, counts.cut] {
            #expect(count > counts.relayed / 40)
        }
        #expect(try await service.statuses() == ["PROVISIONED": Self.devices])
    }

    /// The service ends while the fleet is at it, aloud or not, and is started again: all come back, each with at most one
    /// more handshake than the two of its own way.
    @Test(arguments: [false, true]) func herdComesBack(_ isToldSo: Bool) async throws {
        let service = try ServiceUnderTest(seed: "herd", devices: Self.devices, by: .coap)
        _ = try await prepare(service)
        // What is lost is sent again after a second at the earliest: most of them are still at it when the first is done,
        // however fast the machine is.
        var weather = DatagramRelay.Weather()
        weather.loss = 0.1
        let port = try #require(service.deviceURL.split(separator: ":").last.flatMap { UInt16($0) })
        let relay = try DatagramRelay(to: port, weather, seed: 12)
        // Longer than the five seconds of Max-Age for which the service wants to be left alone.
        let simulation = try service.simulate(
            [
                "--devices", "\(Self.devices)", "--seed", "herd", "--timeout", "\(200 + Self.devices)s",
                "--jobs", "\(Self.devices)", "--back-off", "6",
            ], at: "coaps://127.0.0.1:\(relay.port)")
        try await service.wait("some devices") { try await service.statuses()["PROVISIONED", default: 0] > 0 }
        if isToldSo { _ = try service.end() } else { try service.kill() }
        let again = try ServiceUnderTest(after: service)
        let outcome = try simulation.wait(limit: 220 + Double(Self.devices))
        _ = relay.stop()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try lines(outcome).allSatisfy { $0["status"] == .string("provisioned") })
        #expect(try number(before: "handshakes", in: outcome.errors) <= 3 * Self.devices, "\(outcome.errors)")
        // Some had not been there yet.
        #expect(try lines(outcome).contains { $0["failures"]?.arrayValue?.isEmpty == false })
        #expect(try await again.statuses() == ["PROVISIONED": Self.devices])
    }

    /// Who vouches for the service decides; what a device then does is what it does over HTTP.
    @Test func strangersAreNotTrusted() async throws {
        let service = try ServiceUnderTest(seed: "stranger", devices: 1, by: .coap)
        let other = try ServiceUnderTest(seed: "other", devices: 1, by: .coap)
        let outcome = try Program(
            TestPaths.service,
            [
                "simulate", "--service", service.deviceURL, "--devices", "1", "--seed", "stranger",
                "--timeout", "4s",
                "--root-ca", other.folder.path("data/tls.crt"),
            ], in: service.folder.url
        ).wait()
        #expect(outcome.status == 3)
        let line = try #require(try lines(outcome).first)
        #expect(line["status"] == .string("unreachable"))
        #expect(
            line["failures"]?.arrayValue?.map { $0["message"] } == [
                .string("the handshake failed: self-signed certificate")
            ])
    }
}
