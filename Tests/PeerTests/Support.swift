import Foundation
import TestFleet
import TestSupport
import Testing

/// A CA of two levels, devices with its certificates, a server's certificate by OpenSSL, and programs to meet them. All
/// on loopback, on ports that were free a moment ago; everything ends with the test.
final class Meeting: Sendable {
    let folder: WorkFolder
    /// The name of the first device and of the second.
    static let devices = ["50363154-3931-44f0-8022-121b6401627d", "50343956-3037-4738-800d-1f29e0a0f7bf"]

    init() throws {
        folder = try WorkFolder()
        try succeed("assay", "ca", "init", "root", "--subject", "CN=Root,O=Peers", "--no-passphrase")
        try succeed(
            "assay", "ca", "init", "ca", "--subject", "CN=Devices,O=Peers", "--issuer", "root",
            "--no-passphrase")
        for device in Self.devices {
            try succeed("assay", "key", "generate", "-o", "\(device).key", "--no-passphrase")
            try succeed(
                "assay", "csr", "create", "--key", "\(device).key", "--subject", "CN=\(device)", "-o",
                "\(device).csr")
            try succeed(
                "assay", "ca", "issue", "--ca", "ca", "--chain", "\(device).csr", "-o", "\(device).pem")
        }
        try succeed(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "server.key", "-out", "server.crt", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=IP:127.0.0.1")
    }

    /// Runs a program to its end.
    @discardableResult
    func run(_ arguments: [String], input: String = "", limit: TimeInterval = 30) throws -> ProcessOutcome {
        var arguments = arguments
        if arguments[0] == "assay" { arguments[0] = TestPaths.binary.path }
        return try ChildProcess(
            arguments, in: folder.url, environment: Self.environment, input: Data(input.utf8), limit: limit
        ).run()
    }

    func succeed(_ arguments: String...) throws {
        let outcome = try run(arguments)
        try #require(
            outcome.status == 0, "\(arguments): \(String(decoding: outcome.standardError, as: UTF8.self))")
    }

    /// Runs a server while `body` runs; two minutes at most, whatever becomes of the test.
    func serve(_ arguments: [String], on port: UInt16, _ body: (UInt16) throws -> Void) throws {
        let path = try #require(ChildProcess.find("timeout", in: Self.environment, from: folder.url))
        let server = try Program(
            URL(fileURLWithPath: path), ["-k", "5", "120"] + arguments, in: folder.url)
        defer {
            server.send(SIGTERM)
            _ = try? server.wait(limit: 10)
        }
        if !LoopbackPort.waitForListener(on: port) { Issue.record("nothing listens on port \(port)") }
        try body(port)
    }

    private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]

    /// Cancels the test where a program is missing.
    static func demand(_ programs: String...) throws {
        for name in programs
        where ChildProcess.find(name, in: environment, from: URL(fileURLWithPath: "/")) == nil {
            try Skip.test("\(name) is not installed")
        }
    }
}
