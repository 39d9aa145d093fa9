import Foundation
import TestFleet
import TestSupport
import Testing

/// The vendor's own utilities, unchanged, at a simulated modem: what they read is what a real one would have said.
@Suite("The nRF Cloud utilities at a serial port", .serialized)
struct SerialPeerTests {
    private static let names = ["api.provisioning.nrfcloud.com", "api.nrfcloud.com", "127.0.0.1"]
    private static let runner = TestPaths.root.appendingPathComponent("fixtures/peers/at-a-terminal.py").path

    private static func run(
        _ module: String, _ port: String, _ arguments: [String], _ folder: WorkFolder,
        environment: [String: String] = [:]
    ) throws -> Program.Outcome {
        try Program(
            URL(fileURLWithPath: try Peers.python()),
            [runner, port, "nrfcloud_utils." + module, "--plain"] + arguments, in: folder.url,
            environment: environment
        ).wait(limit: 120)
    }

    /// Plain AT, found out and told; a shell told. The row is the one that `assay` writes for the same modem.
    @Test(arguments: [[], ["--cmd-type", "at"], ["--cmd-type", "at_shell"]]) func gatherTokens(
        _ options: [String]
    )
        throws
    {
        let folder = try WorkFolder()
        let hasShell = options.last == "at_shell"
        let line = try SerialPortUnderTest(
            seed: "gather", in: folder, options: hasShell ? ["--shell"] : [])
        let outcome = try Self.run("gather_attestation_tokens", line.path, options, folder)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let theirs = try String(
            contentsOf: folder.url.appendingPathComponent("attestation_tokens.csv"), encoding: .utf8)
        let pattern = /[0-9]{15},[0-9a-f-]{36},[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+,[0-9T:.-]{26}\+00:00\n/
        #expect(theirs.wholeMatch(of: pattern) != nil, "\(theirs)")

        // In their file the device has its row; in another it gets one of the same form.
        let present = try ServiceUnderTest.run(
            TestPaths.binary, ["modem", "tokens", "--port", line.path, "--json"], folder)
        #expect(present.contains(#""status":"present""#), "\(present)")
        try ServiceUnderTest.run(
            TestPaths.binary, ["modem", "tokens", "--port", line.path, "-o", "ours.csv"], folder)
        let ours = try String(contentsOf: folder.url.appendingPathComponent("ours.csv"), encoding: .utf8)
        #expect(ours.wholeMatch(of: pattern) != nil)
        #expect(ours.split(separator: ",").prefix(2) == theirs.split(separator: ",").prefix(2))
        // And theirs, with a row of ours, adds none and replaces it.
        let replaced = try Self.run(
            "gather_attestation_tokens", line.path, options + ["--csv", "ours.csv"], folder)
        #expect(replaced.status == 0)
        let rows = try String(contentsOf: folder.url.appendingPathComponent("ours.csv"), encoding: .utf8)
        #expect(rows.wholeMatch(of: pattern) != nil && rows != ours)
    }

    /// What nrfcredstore installs is listed by `assay`, and the other way round.
    @Test func credentialsAreTheSameForBoth() throws {
        let folder = try WorkFolder()
        let python = URL(fileURLWithPath: try Peers.python())
        let line = try SerialPortUnderTest(seed: "store", in: folder)
        try ServerCertificate.make(for: ["a.example"], in: folder)
        try ServiceUnderTest.run(
            TestPaths.binary, ["modem", "install", "--port", line.path, "--sec-tag", "7", "server.crt"],
            folder)
        try folder.write(
            """
            import sys
            from nrfcredstore.command_interface import ATCommandInterface
            from nrfcredstore.comms import Comms
            line = Comms(port=sys.argv[2])
            modem = ATCommandInterface(line)
            modem.detect_shell_mode()
            text = open("server.crt").read()
            print(modem.check_credential_exists(7, 0) == (True, modem.calculate_expected_hash(text)))
            print(modem.go_offline(), modem.write_credential(8, 0, text), modem.delete_credential(7, 0))
            print(modem.get_csr(9).count("."))
            """, to: "both.py")
        let shim = try String(contentsOfFile: Self.runner, encoding: .utf8)
            .replacingOccurrences(of: "runpy.run_module(module", with: "runpy.run_path(module")
        try folder.write(shim, to: "shim.py")
        let output = try ServiceUnderTest.run(python, ["shim.py", line.path, "both.py"], folder)
        #expect(output == "True\nTrue True True\n1\n", "\(output)")
        let listed = try ServiceUnderTest.run(
            TestPaths.binary, ["modem", "list", "--port", line.path], folder)
        #expect(listed.split(separator: "\n").map { $0.prefix(10) } == ["%CMNG: 8,0", "%CMNG: 9,2", "OK"])
        let again = try ServiceUnderTest.run(
            TestPaths.binary,
            ["modem", "install", "--port", line.path, "--sec-tag", "8", "server.crt", "--json"], folder)
        #expect(again.contains(#""status":"present""#) && again.contains(#""verified":true"#), "\(again)")
    }

    /// The whole of it: token by serial port, claim, CSR and certificate by this service, to which the same device comes.
    /// The last step, onboarding at the vendor's other service, they print and do not check.
    @Test func claimAndProvision() throws {
        let python = URL(fileURLWithPath: try Peers.python())
        let certificates = try WorkFolder()
        try ServerCertificate.make(for: Self.names, in: certificates)
        let service = try ServiceUnderTest(
            seed: "provision", devices: 1,
            options: [
                "--tls-cert", certificates.path("server.crt"), "--tls-key", certificates.path("server.key"),
            ])
        let folder = service.folder
        let proxy = try ConnectProxy(to: try #require(service.url.split(separator: ":").last), python)
        // Their CA is a certificate and a key that OpenSSL made.
        try ServiceUnderTest.run(
            program: "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "their.key", "-out", "their.crt", "-days", "2", "-subj", "/CN=Their CA",
            ], folder)
        let line = try SerialPortUnderTest(seed: "provision", in: folder)
        let device = try service.simulate([
            "--devices", "1", "--seed", "provision", "--root-ca", certificates.path("server.crt"),
            "--timeout",
            "2m", "--credentials", "modems",
        ])
        let outcome = try Self.run(
            "claim_and_provision_device", line.path,
            ["--ca", "their.crt", "--ca-key", "their.key", "--api-key", service.key], folder,
            environment: [
                "HTTPS_PROXY": proxy.url, "REQUESTS_CA_BUNDLE": certificates.path("server.crt"),
            ])
        let said = outcome.output + outcome.errors
        #expect(outcome.status == 0 && said.contains("Done."), "\(said)")
        let provisioned = try device.wait(limit: 150)
        #expect(provisioned.status == 0, "\(provisioned)")
        let uuid = try #require(try service.rows("attestation_tokens.csv").first?[1])
        let claimed = try ServiceUnderTest.run(
            program: "curl",
            [
                "-sS", "--cacert", certificates.path("server.crt"), "-H",
                "Authorization: Bearer \(service.key)",
                service.url + "/v1/claimed-devices/\(uuid)",
            ], folder)
        #expect(claimed.contains(#""status":"PROVISIONED""#), "\(claimed)")
        // The device has the certificate that their CA signed.
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("modems"))
        let certificate = try #require(
            files.first { $0.hasSuffix(".crt") && !$0.contains("ca") } ?? files.first)
        let verified = try ServiceUnderTest.run(
            TestPaths.binary, ["cert", "inspect", "modems/" + certificate], folder)
        #expect(verified.contains("CN=Their CA") || files.count > 1, "\(files): \(verified)")
    }
}
