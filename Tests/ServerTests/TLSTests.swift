import Foundation
import TestFleet
import TestSupport
import Testing

/// TLS as OpenSSL's client sees it.
@Suite(.serialized) struct TLSTests {
    private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]

    private static let hasOpenSSL =
        ChildProcess.find("openssl", in: environment, from: URL(fileURLWithPath: "/")) != nil

    private func run(_ arguments: [String], in folder: WorkFolder, input: String = "") throws
        -> ProcessOutcome
    {
        try ChildProcess(
            arguments, in: folder.url, environment: Self.environment, input: Data(input.utf8), limit: 30
        ).run()
    }

    private func ask(
        _ service: RunningService, _ options: [String], path: String = "/healthz"
    ) throws -> ProcessOutcome {
        try run(
            ["openssl", "s_client", "-connect", "127.0.0.1:\(service.port)", "-ign_eof"] + options,
            in: service.folder, input: "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    }

    private static let trusting = [
        "-CAfile", "data/tls.crt", "-verify_return_error", "-verify_hostname", "localhost", "-servername",
        "localhost",
    ]

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func selfSigned(_ version: String) throws {
        guard Self.hasOpenSSL else { try Skip.test("openssl is not installed") }
        let service = try RunningService(["--self-signed"])
        #expect(service.url == "https://127.0.0.1:\(service.port)")
        let answer = try ask(service, Self.trusting + [version, "-quiet"])
        #expect(String(decoding: answer.standardOutput, as: UTF8.self).hasSuffix("\r\n\r\nok\n"))
        // By its address as well, and not by another name.
        let address = [
            "-CAfile", "data/tls.crt", "-verify_return_error", "-verify_ip", "127.0.0.1", "-quiet",
        ]
        #expect(String(decoding: try ask(service, address).standardOutput, as: UTF8.self).hasSuffix("ok\n"))
        let other = [
            "-CAfile", "data/tls.crt", "-verify_return_error", "-verify_hostname", "example.com", "-quiet",
        ]
        #expect(try ask(service, other).standardOutput == Data())
    }

    /// A modem's suite, and nothing older than TLS 1.2.
    @Test func suitesOfModems() throws {
        guard Self.hasOpenSSL else { try Skip.test("openssl is not installed") }
        let service = try RunningService(["--self-signed"])
        let modem = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-groups", "P-256", "-quiet"]
        #expect(
            String(decoding: try ask(service, Self.trusting + modem).standardOutput, as: UTF8.self)
                .hasSuffix("ok\n"))
        let old = try ask(service, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-quiet"])
        #expect(old.standardOutput == Data())
    }

    /// Made once, for its owner alone, and the same after a restart.
    @Test func keepsItsCertificate() throws {
        let service = try RunningService(["--self-signed"])
        let folder = service.folder
        let files = ["tls.crt", "tls.key"].map { folder.url.appendingPathComponent("data/\($0)") }
        let first = try files.map { try Data(contentsOf: $0) }
        let mode = try FileManager.default.attributesOfItem(atPath: files[1].path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        service.send(SIGTERM)
        #expect(try service.wait().status == 0)
        let second = try RunningService(["--self-signed"], in: folder)
        #expect(try files.map { try Data(contentsOf: $0) } == first)
        withExtendedLifetime(second) {}
    }

    /// The certificate of one's own, with the CA that signed it, made by `assay`.
    @Test func certificateOfOnesOwn() throws {
        guard Self.hasOpenSSL else { try Skip.test("openssl is not installed") }
        let folder = try WorkFolder()
        for (name, key) in [("a", "a.key"), ("b", "b.key")] {
            let made = try run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes",
                    "-keyout", key, "-out", "\(name).crt", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost",
                ], in: folder)
            try #require(made.status == 0)
        }
        let service = try RunningService(["--tls-cert", "a.crt", "--tls-key", "a.key"], in: folder)
        let answer = try ask(
            service, ["-CAfile", "a.crt", "-verify_return_error", "-verify_hostname", "localhost", "-quiet"])
        #expect(String(decoding: answer.standardOutput, as: UTF8.self).hasSuffix("ok\n"))
        let wrong = try Program(
            TestPaths.service, ["serve", "--data", "d", "--tls-cert", "a.crt", "--tls-key", "b.key"],
            in: folder.url
        ).wait(limit: 20)
        #expect(wrong.status == 1)
        #expect(
            wrong.errors == """
                assayd: error: expected the key of the first certificate, found another key
                assayd: at: a.crt
                assayd: at: b.key
                assayd: hint: the server's own certificate comes first, then the CAs above it

                """)
    }

    /// A certificate that was renewed is shown to whoever connects next, without a restart; one that cannot be used is not.
    @Test func certificateReplacedWhileServing() throws {
        guard Self.hasOpenSSL else { try Skip.test("openssl is not installed") }
        let folder = try WorkFolder()
        for name in ["a", "b"] {
            let made = try run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", "\(name).key", "-out", "\(name).crt", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                ], in: folder)
            try #require(made.status == 0)
        }
        func install(_ certificate: String, _ key: String) throws {
            try folder.write(
                String(contentsOfFile: folder.path(certificate), encoding: .utf8), to: "server.crt")
            try folder.write(String(contentsOfFile: folder.path(key), encoding: .utf8), to: "server.key")
        }
        try install("a.crt", "a.key")
        let service = try RunningService(
            ["--tls-cert", "server.crt", "--tls-key", "server.key"], in: folder)
        func shows(_ name: String) throws -> Bool {
            let answer = try ask(
                service,
                ["-CAfile", "\(name).crt", "-verify_return_error", "-verify_hostname", "localhost", "-quiet"])
            return String(decoding: answer.standardOutput, as: UTF8.self).hasSuffix("ok\n")
        }
        #expect(try shows("a"))
        #expect(try !shows("b"))
        try install("b.crt", "b.key")
        #expect(try shows("a"))
        service.send(SIGHUP)
        try service.waitForEvent("certificate-replaced")
        #expect(try shows("b"))
        #expect(try !shows("a"))
        // The key of another: what is there stays.
        try install("a.crt", "b.key")
        service.send(SIGHUP)
        try service.waitForEvent("certificate-kept")
        #expect(try shows("b"))
        service.send(SIGTERM)
        let outcome = try service.wait()
        #expect(outcome.status == 0)
        #expect(
            outcome.errors.contains("expected the key of the first certificate, found another key"))
        #expect(!outcome.errors.contains("PRIVATE KEY"))
    }

    /// Handshakes that never come do not stay, and do no harm.
    @Test func plainTextWhereTLSIsExpected() throws {
        let service = try RunningService(["--self-signed", "--request-timeout", "1"])
        let connection = try service.connect()
        try connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(!String(decoding: try connection.readToEnd(), as: UTF8.self).contains("200 OK"))
        let silent = try service.connect()
        let start = Date()
        _ = try silent.readToEnd()
        #expect(Date().timeIntervalSince(start) < 8)
    }
}
