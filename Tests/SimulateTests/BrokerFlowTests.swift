import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// What the devices have in the end opens an MQTT broker, for each of them as itself and as nobody else.
@Suite("Provisioned devices at a broker", .serialized)
struct BrokerFlowTests {
    private static let tag = 16_842_753

    /// Provisions the fleet: a key pair and a CSR each, a certificate of a CA, and the end.
    private func provision(_ service: ServiceUnderTest, seed: String, count: Int) async throws -> [String] {
        let devices = try await service.claim()
        var commands: [String] = []
        for device in devices {
            commands.append(
                try await service.add(
                    #"{"certificateSigningRequest":{"secTag":\#(Self.tag),"attributes":"CN=\#(device)","#
                        + #""keyUsage":"101010000"}}"#, to: device))
        }
        let simulation = try service.simulate([
            "--devices", "\(count)", "--seed", seed, "--timeout", "100s", "--credentials", "modems",
        ])
        var tokens = ""
        for (device, command) in zip(devices, commands) {
            try await service.wait("the CSR of \(device)") {
                let answer = try await service.command(command, of: device)
                guard
                    let token = answer?["response"]?["certificateSigningRequest"]?["message"]?.stringValue
                else { return false }
                tokens += token + "\n"
                return true
            }
        }
        try service.folder.write(tokens, to: "tokens.txt")
        try ServiceUnderTest.run(
            TestPaths.binary, ["ca", "init", "ca", "--subject", "CN=Devices", "--no-passphrase"],
            service.folder)
        try ServiceUnderTest.run(
            TestPaths.binary,
            [
                "ca", "issue", "--ca", "ca", "--require-attestation", "--keys", "fleet/devices.csv",
                "tokens.txt",
                "--out-dir", "certificates",
            ], service.folder)
        for device in devices {
            let certificate = try String(
                contentsOf: service.folder.url.appendingPathComponent("certificates/\(device).crt"),
                encoding: .utf8)
            let quoted = certificate.replacingOccurrences(of: "\n", with: "\\n")
            try await service.add(
                #"{"clientCertificate":{"secTag":\#(Self.tag),"content":"\#(quoted)"}}"#, to: device)
            try await service.add(#"{"finished":{}}"#, to: device)
        }
        let outcome = try simulation.wait(limit: 110)
        try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        return devices
    }

    @Test func openTheBrokerAsThemselvesAlone() async throws {
        let service = try ServiceUnderTest(seed: "broker", devices: 2)
        let devices = try await provision(service, seed: "broker", count: 2)
        let folder = service.folder
        try ServiceUnderTest.run(
            program: "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "server.key", "-out", "server.crt", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=IP:127.0.0.1",
            ], folder)
        try folder.write(
            "pattern readwrite %c/shadow/#\npattern write d/%c/d2c/#\npattern read d/%c/c2d/#\n", to: "acl")
        let port = try LoopbackPort.free()
        try folder.write(
            """
            user root
            allow_anonymous false
            listener \(port) 127.0.0.1
            cafile \(folder.path("ca/ca.crt"))
            certfile \(folder.path("server.crt"))
            keyfile \(folder.path("server.key"))
            require_certificate true
            use_identity_as_username true
            use_username_as_clientid true
            acl_file \(folder.path("acl"))

            """, to: "broker.conf")
        guard
            let mosquitto = ChildProcess.find(
                "mosquitto", in: ["PATH": "/usr/sbin:/usr/bin"], from: folder.url)
        else { try Skip.test("no mosquitto") }
        let broker = try Program(
            URL(fileURLWithPath: mosquitto), ["-c", "broker.conf"], in: folder.url)
        defer {
            broker.send(SIGTERM)
            _ = try? broker.wait(limit: 10)
        }
        try #require(LoopbackPort.waitForListener(on: port))

        func identity(_ device: String?) -> [String] {
            let files = device.map { "modems/\($0).\(Self.tag)" }
            return ["-h", "127.0.0.1", "-p", "\(port)", "--cafile", "server.crt", "-V", "5"]
                + (files.map { ["--cert", $0 + ".crt", "--key", $0 + ".key"] } ?? [])
        }
        func run(_ name: String, _ arguments: [String]) throws -> Program.Outcome {
            try Program(URL(fileURLWithPath: "/usr/bin/\(name)"), arguments, in: folder.url).wait(limit: 30)
        }
        // The broker keeps what was published last by whoever may.
        func publish(as device: String?, to topic: String) throws -> Int32? {
            try run(
                "mosquitto_pub", identity(device) + ["-t", topic, "-m", device ?? "nobody", "-q", "1", "-r"]
            ).status
        }
        func kept(at topic: String, for device: String) throws -> String {
            try run("mosquitto_sub", identity(device) + ["-t", topic, "-C", "1", "-W", "10"]).output
        }
        let shadows = devices.map { "\($0)/shadow/update" }
        for (device, shadow) in zip(devices, shadows) {
            #expect(try publish(as: device, to: shadow) == 0)
            #expect(try kept(at: shadow, for: device) == device + "\n")
            #expect(try publish(as: device, to: "d/\(device)/d2c/data") == 0)
        }
        _ = try publish(as: devices[0], to: shadows[1])
        #expect(try kept(at: shadows[1], for: devices[1]) == devices[1] + "\n")
        #expect(try publish(as: nil, to: shadows[0]) != 0)
        #expect(try kept(at: shadows[0], for: devices[0]) == devices[0] + "\n")
    }
}
