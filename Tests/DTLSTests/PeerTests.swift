import DTLS
import Foundation
import PKIX
import TestFleet
import TestSupport
import Testing

/// Clients that nobody here wrote.
@Suite(.serialized) struct PeerTests {
    private let folder: WorkFolder
    private static let environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]

    init() throws {
        folder = try WorkFolder()
        let root = PEMWriter.encode(label: "CERTIFICATE", der: try TestIdentity.p256.get().certificate)
        try folder.write(String(decoding: root, as: UTF8.self), to: "root.pem")
    }

    private func run(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
        let outcome = try ChildProcess(
            arguments, in: folder.url, environment: Self.environment, input: Data(input.utf8), limit: 60
        ).run()
        let texts = [outcome.standardOutput, outcome.standardError].map {
            String(decoding: $0, as: UTF8.self)
        }
        return (outcome.status, texts.joined())
    }

    /// OpenSSL's own client: each suite, then resumption of the session that it kept.
    @Test(arguments: ModemSuites.ecdsa) func openssl(_ suite: String) throws {
        let server = try EchoServer(try TestIdentity.p256.get().serverContext())
        // It leaves when its input ends, which must not be before the answer.
        let client =
            "sleep 0.5 | openssl s_client -dtls1_2 -connect 127.0.0.1:\(server.port) -CAfile root.pem "
            + "-verify_return_error -verify_hostname localhost -servername localhost -cipher \(suite) -mtu 1200"
        let first = try run(["sh", "-c", client + " -sess_out session"])
        // What it says before the suite is the oldest protocol that has it.
        #expect(first.output.contains(", Cipher is \(suite)\n"), "\(first.output)")
        #expect(first.output.contains("\nNew, "))
        #expect(first.output.contains("Verify return code: 0 (ok)"))
        let second = try run(["sh", "-c", client + " -sess_in session"])
        #expect(second.output.contains(", Cipher is \(suite)\n"), "\(second.output)")
        #expect(second.output.contains("\nReused, "))
        let report = server.stop()
        #expect(report.suites == [suite, suite])
        #expect(report.counts.resumed == 1)
        #expect(report.counts.cookies == 2)
    }

    /// Mbed TLS, which is another stack altogether: each suite, and messages both ways.
    @Test(arguments: [
        ("TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA384", "ECDHE-ECDSA-AES256-SHA384"),
        ("TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256", "ECDHE-ECDSA-AES128-SHA256"),
        ("TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA", "ECDHE-ECDSA-AES256-SHA"),
        ("TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA", "ECDHE-ECDSA-AES128-SHA"),
    ]) func mbedTLS(_ theirs: String, _ ours: String) throws {
        let server = try EchoServer(try TestIdentity.p256.get().serverContext())
        let script = """
            import socket, sys
            from mbedtls import tls, x509
            root = x509.CRT.from_PEM(open("root.pem").read())
            store = tls.TrustStore()
            store.add(root)
            context = tls.ClientContext(tls.DTLSConfiguration(
                trust_store=store, validate_certificates=True, ciphers=[sys.argv[2]]))
            plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            plain.settimeout(10)
            secure = context.wrap_socket(plain, server_hostname="localhost")
            secure.connect(("127.0.0.1", int(sys.argv[1])))
            secure.do_handshake()
            for text in [b"abc", b"x" * 1000 + b"y"]:
                secure.send(text)
                assert secure.recv(2048) == text[::-1]
            print(secure.cipher(), secure.negotiated_tls_version())
            """
        let python = try Peers.python()
        // Its last release has wheels for no later Python.
        if try run([python, "-c", "import sys; sys.exit(sys.version_info >= (3, 13))"]).status != 0 {
            try Skip.test("Mbed TLS for Python needs one before 3.13")
        }
        let outcome = try run([python, "-c", script, "\(server.port)", theirs])
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains(theirs), "\(outcome.output)")
        #expect(server.stop().suites == [ours])
    }
}
