import Foundation
import TestFleet
import TestSupport
import Testing

/// What `assayd` prints is what the files in `schemas/` say, and every kind of it has a file.
@Suite("Results of the service", .serialized)
struct ServiceSchemaTests {
    private static let schemas = TestPaths.root.appendingPathComponent("schemas")

    /// The names of all kinds that the sources of the program write.
    private static func printed() throws -> Set<String> {
        var names: Set<String> = []
        for module in [
            "assayd", "ServerHTTP", "ServerCoAP", "ServerSupport", "Service", "Simulator", "SimulatorHTTP",
            "SimulatorCoAP",
        ] {
            let folder = TestPaths.root.appendingPathComponent("Sources/\(module)")
            let files = try #require(
                FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            for case let file as URL in files where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for match in text.matches(of: /"(assayd\.[a-z-]+\/[0-9]+)"/) { names.insert(String(match.1)) }
            }
        }
        return names
    }

    @Test func everyKindOfResultHasASchema() throws {
        let names = try Self.printed()
        #expect(
            names.isSuperset(of: ["assayd.listening/1", "assayd.log/1", "assayd.device/1", "assayd.key/1"]))
        let files = names.map { "assayd-\($0.dropFirst(7).replacingOccurrences(of: "/", with: "-")).json" }
        #expect(
            files.filter {
                !FileManager.default.fileExists(atPath: Self.schemas.appendingPathComponent($0).path)
            } == [])
        // And nothing has one that is not printed.
        let described = try FileManager.default.contentsOfDirectory(atPath: Self.schemas.path)
            .filter { $0.hasPrefix("assayd-") }
        #expect(Set(described) == Set(files))
    }

    @Test func resultsAreAsTheirSchemasSay() async throws {
        let python = URL(fileURLWithPath: try Peers.python())
        var lines: [String] = []
        let service = try ServiceUnderTest(seed: "schema", devices: 2)
        let devices = try await service.claim()
        try await service.add(#"{"config":{"properties":{"a":"b"}}}"#, to: devices[0])
        try await service.add(#"{"finished":{}}"#, to: devices[0])
        _ = try await service.ask("GET", "/nowhere")
        // One gets there, one has nothing to do until the time is over.
        let fleet = ["--devices", "2", "--seed", "schema", "--timeout", "6s", "--fail", "config:12"]
        lines += try service.simulate(fleet).wait().wholeLines.map(String.init)
        for arguments in [
            ["create", "--role", "viewer", "--team", "Yard", "--json"], ["list", "--json"],
        ] {
            lines += try ServiceUnderTest.run(
                TestPaths.service, ["key"] + arguments + ["--data", "data"], service.folder
            ).split(separator: "\n").map(String.init)
        }
        let id = try #require(lines.last?.firstMatch(of: /"id":"([0-9a-f]+)"/)?.1)
        try ServiceUnderTest.run(
            TestPaths.service, ["key", "revoke", "--data", "data", String(id)], service.folder)
        lines += try ServiceUnderTest.run(
            TestPaths.service, ["key", "list", "--data", "data", "--json"], service.folder
        ).split(separator: "\n").map(String.init)
        lines += try service.end()
        lines += try Self.life(of: ["--self-signed", "--coap", "127.0.0.1:0"], service.folder)
        lines += try Self.life(
            of: ["--tls-cert", "data/tls.crt", "--tls-key", "data/tls.key"], service.folder)
        lines += try Self.life(of: [], service.folder)
        let line = try SerialPortUnderTest(seed: "schema", in: service.folder)
        lines.append(try line.end())

        try service.folder.write(lines.joined(separator: "\n") + "\n", to: "results.jsonl")
        let outcome = try Program(
            URL(fileURLWithPath: "/bin/sh"),
            [
                "-c", #"exec "$0" "$1" "$2" <results.jsonl"#, python.path,
                TestPaths.root.appendingPathComponent("scripts/check-schemas").path, Self.schemas.path,
            ], in: service.folder.url
        ).wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(Set(outcome.wholeLines.map(String.init)) == (try Self.printed()))
        let events = Set(lines.compactMap { $0.firstMatch(of: /"event":"([a-z-]+)"/).map { String($0.1) } })
        // What the system grants to whoever is not root may be little.
        #expect(
            events.subtracting(["coap-receive-buffer"]) == [
                "listening", "request", "stopping", "stopped", "certificate-made", "certificate-replaced",
                "certificate-kept", "nothing-to-reload",
            ])
    }

    /// What a service prints that is started, told to read its certificate again, twice with files that are no longer
    /// right, and stopped.
    private static func life(of options: [String], _ folder: WorkFolder) throws -> [String] {
        let program = try Program(
            TestPaths.service, ["serve", "--data", "data", "--listen", "127.0.0.1:0"] + options,
            in: folder.url)
        func wait(for event: String) throws {
            let end = Date().addingTimeInterval(20)
            while !program.errorsSoFar.contains("\"event\":\"\(event)\"") {
                guard Date() < end else {
                    program.send(SIGKILL)
                    throw ServiceUnderTest.Fault("waited for \(event): \(try program.wait().errors)")
                }
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
        try wait(for: "listening")
        program.send(SIGHUP)
        if options.contains("--tls-cert") {
            try wait(for: "certificate-replaced")
            try folder.write("nothing", to: "data/tls.key")
            program.send(SIGHUP)
            try wait(for: "certificate-kept")
        } else {
            try wait(for: "nothing-to-reload")
        }
        program.send(SIGTERM)
        let outcome = try program.wait()
        guard outcome.status == 0 else { throw ServiceUnderTest.Fault("\(outcome.errors)") }
        return (outcome.output + outcome.errors).split(separator: "\n").map(String.init)
    }
}
