import Foundation
import TestFleet
import TestSupport
import Testing

/// How `assay` comes to a service: by a proxy, past it, and never to another host than the one it was given.
@Suite("Ways to a service", .serialized)
struct SubmitTransportTests {
    private static let name = "api.provisioning.nrfcloud.com"
    /// Where the vendor has its accounts, for whoever asks at the other name.
    private static let accounts = "api.nrfcloud.com"

    private func show(
        _ service: String, _ folder: WorkFolder, _ more: [String], _ environment: [String: String]
    ) throws -> Program.Outcome {
        try Program(
            TestPaths.binary,
            ["account", "show", "--json", "--service", service, "--api-key-file", "api.key"] + more,
            in: folder.url, environment: environment
        ).wait(limit: 60)
    }

    /// The name is asked for at the proxy alone, and the certificate is that of the name.
    @Test func theProxyIsUsed() throws {
        let python = URL(fileURLWithPath: try Peers.python())
        let certificates = try WorkFolder()
        try ServerCertificate.make(for: [Self.name, Self.accounts], in: certificates)
        let service = try ServiceUnderTest(
            seed: "proxy", devices: 1,
            options: [
                "--tls-cert", certificates.path("server.crt"), "--tls-key", certificates.path("server.key"),
            ])
        try service.folder.write(service.key + "\n", to: "api.key")
        let proxy = try ConnectProxy(to: try #require(service.url.split(separator: ":").last), python)
        let trust = ["--root-ca", certificates.path("server.crt")]
        let shown = try show("https://\(Self.name)", service.folder, trust, ["HTTPS_PROXY": proxy.url])
        #expect(shown.status == 0 && shown.output.contains(#""role":"owner""#), "\(shown)")
        // TLS goes to the service itself: a proxy that leads elsewhere is found out.
        let other = try show("https://other.example.com", service.folder, trust, ["HTTPS_PROXY": proxy.url])
        #expect(other.status == 6, "\(other)")
        #expect(other.errors.contains("service-unreachable"))
        #expect(!other.errors.contains(service.key) && !shown.errors.contains(service.key))
    }

    @Test func hostsOfNoProxyAreReachedWithoutIt() throws {
        let service = try ServiceUnderTest(seed: "no-proxy", devices: 1, options: ["--self-signed"])
        try service.folder.write(service.key + "\n", to: "api.key")
        // Nothing listens there.
        let dead = "http://127.0.0.1:\(try LoopbackPort.free())"
        let trust = ["--root-ca", "data/tls.crt"]
        let past = try show(
            service.url, service.folder, trust, ["HTTPS_PROXY": dead, "NO_PROXY": "example.com,127.0.0.1"])
        #expect(past.status == 0, "\(past)")
        let through = try show(service.url, service.folder, trust, ["HTTPS_PROXY": dead])
        #expect(through.status == 6 && through.errors.contains("service-unreachable"), "\(through)")
    }

    /// A server that speaks HTTP/2 and nothing else.
    @Test func http2IsTakenWhereItIsOffered() throws {
        let folder = try WorkFolder()
        guard
            let server = ChildProcess.find("nghttpd", in: ["PATH": "/usr/sbin:/usr/bin"], from: folder.url)
        else { try Skip.test("no nghttpd") }
        // By its address: a bare machine has no name for it.
        try ServerCertificate.make(for: ["127.0.0.1"], in: folder)
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("files/v1"), withIntermediateDirectories: true)
        try folder.write(#"{"team":{"tenantId":"t-2","name":"Two"},"role":"admin"}"#, to: "files/v1/account")
        try folder.write(String(repeating: "0", count: 40) + "\n", to: "api.key")
        let port = try LoopbackPort.free()
        let program = try Program(
            URL(fileURLWithPath: server),
            ["-v", "-a", "127.0.0.1", "-d", "files", "\(port)", "server.key", "server.crt"], in: folder.url)
        defer {
            program.send(SIGTERM)
            _ = try? program.wait(limit: 10)
        }
        try #require(LoopbackPort.waitForListener(on: port))
        let shown = try show("https://127.0.0.1:\(port)", folder, ["--root-ca", "server.crt"], [:])
        #expect(shown.status == 0 && shown.output.contains("t-2"), "\(shown)")
        #expect(program.outputSoFar.contains(":path: /v1/account"))
    }

    /// A redirection is an answer that makes no sense; nobody else sees the key.
    @Test(arguments: [301, 302, 303, 307, 308])
    func redirectionsAreNotFollowed(_ status: Int) throws {
        let other = try ScriptedService(team: nil) { _ in .json(200, "{}") }
        let service = try ScriptedService(team: nil) { _ in
            .json(status, "{}", headers: "Location: \(other.url)/elsewhere\r\n")
        }
        for arguments in [["account", "show"], ["fleet", "list"]] {
            let outcome = try service.assay(arguments)
            #expect(outcome.status == 6 && outcome.output.isEmpty, "\(outcome)")
        }
        #expect(other.requests.isEmpty)
    }
}
