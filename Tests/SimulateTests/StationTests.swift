import Foundation
import TestFleet
import TestSupport
import Testing

/// The station of a production line, as README shows it: whole, again, and killed at any moment.
@Suite("A station", .serialized) struct StationTests {
    private static let station = TestPaths.fixtures.appendingPathComponent("station").path

    private static var environment: [String: String] {
        [
            "PATH": TestPaths.binary.deletingLastPathComponent().path + ":"
                + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        ]
    }

    /// The lines that README shows do what it says.
    @Test func isAsReadmeShowsIt() throws {
        let readme = try String(
            contentsOf: TestPaths.root.appendingPathComponent("README.md"), encoding: .utf8)
        let marker = "<!-- Tests/SimulateTests/StationTests.swift runs these lines. -->\n```sh\n"
        let start = try #require(readme.firstRange(of: marker)?.upperBound)
        let script = readme[start...].prefix(while: { $0 != "`" })
        let folder = try WorkFolder()
        try FileManager.default.createSymbolicLink(
            at: folder.url.appendingPathComponent("fixtures"), withDestinationURL: TestPaths.fixtures)
        let outcome = try Program(
            URL(fileURLWithPath: "/bin/sh"), ["-ec", "trap 'kill $!' EXIT\n" + script], in: folder.url,
            environment: Self.environment
        ).wait(limit: 60)
        #expect(outcome.status == 0, "\(outcome)")
        let listed = outcome.wholeLines.suffix(4).map { $0.prefix(19) }
        #expect(
            listed == ["%CMNG: 16842753,0,\"", "%CMNG: 16842753,1,\"", "%CMNG: 16842753,2,\"", "OK"],
            "\(outcome.output)")
    }

    /// Killed at any moment and given again until it is done: one key, one certificate, one row.
    @Test func isResumable() throws {
        let folder = try WorkFolder()
        try ServiceUnderTest.run(
            TestPaths.service, ["simulate", "--export", "fleet", "--devices", "1", "--seed", "station"],
            folder)
        try ServiceUnderTest.run(
            TestPaths.binary, ["device", "import", "fleet/devices.csv", "--store", "bench.db"], folder)
        try ServiceUnderTest.run(
            TestPaths.binary, ["ca", "init", "ca", "--subject", "CN=Line", "--no-passphrase"], folder)
        let line = try SerialPortUnderTest(seed: "station", in: folder)
        let environment = Self.environment.merging(["ASSAY_STORE": folder.path("bench.db")]) { $1 }
        // Each program of the test leads a group of its own, with which its children go.
        func start() throws -> Program {
            try Program(
                URL(fileURLWithPath: "/bin/sh"),
                ["-c", #"echo $$ >leader; exec "$0" "$@""#, Self.station, line.path, "ca", "ca/ca.crt"],
                in: folder.url, environment: environment)
        }
        var random = SplitMix64(seed: 21)
        var killed = 0
        for _ in 0..<12 {
            let program = try start()
            Thread.sleep(forTimeInterval: Double(50 + random.next() % 450) / 1_000)
            let leader = try String(contentsOf: folder.url.appendingPathComponent("leader"), encoding: .utf8)
            let group = try #require(Int32(leader.trimmingCharacters(in: .newlines)))
            kill(-group, SIGKILL)
            if try program.wait().status == nil { killed += 1 }
        }
        #expect(killed > 0)
        let outcome = try start().wait()
        #expect(outcome.status == 0, "\(outcome)")
        let again = try start().wait()
        #expect(again.status == 0 && again.output.contains(" present under "), "\(again)")
        let table = try String(
            contentsOf: folder.url.appendingPathComponent("devices/attestation_tokens.csv"), encoding: .utf8)
        #expect(table.split(separator: "\n").count == 1)
        let issued = try ServiceUnderTest.run(
            TestPaths.binary, ["ca", "list", "--ca", "ca", "--quiet"], folder)
        #expect(issued.split(separator: "\n").count == 1, "\(issued)")
        // The certificate that the modem lists is of the key that it made, and the CA's.
        let listed = try ServiceUnderTest.run(
            TestPaths.binary, ["modem", "list", "--port", line.path], folder)
        #expect(listed.split(separator: "\n").count == 4 && listed.hasSuffix("\nOK\n"), "\(listed)")
        let device = table.split(separator: ",")[1]
        #expect(
            try ServiceUnderTest.run(
                TestPaths.binary, ["cert", "verify", "--ca", "ca/ca.crt", "devices/\(device)/device.crt"],
                folder
            ).contains("verdict: verified"))
    }
}
