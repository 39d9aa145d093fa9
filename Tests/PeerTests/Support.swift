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
        try Self.waitForListener(on: port)
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

    /// A port of loopback that nobody listens on.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(bound)
        return UInt16(bigEndian: address.sin_port)
    }

    /// Waits until something listens on a port.
    static func waitForListener(on port: UInt16) throws {
        let end = Date().addingTimeInterval(20)
        while Date() < end {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = loopback(port)
            let isThere = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isThere { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
        Issue.record("nothing listens on port \(port)")
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
