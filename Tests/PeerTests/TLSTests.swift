import Foundation
import TestFleet
import TestSupport
import Testing

/// A device's certificate and key in a handshake with a server that demands them.
@Suite(.serialized) struct TLSTests {
    /// What a page of OpenSSL's server begins with; nothing is sent before the client's certificate was accepted.
    private static let page = "HTTP/1.0 200 ok"

    /// Serves while `body` runs.
    private func serve(
        _ meeting: Meeting, _ options: [String], _ body: (UInt16) throws -> Void
    ) throws {
        let port = try LoopbackPort.free()
        try meeting.serve(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", "server.crt", "-key",
                "server.key", "-CAfile", "root/ca.crt", "-Verify", "3", "-verify_return_error", "-www",
            ] + options, on: port, body)
    }

    /// What a client with these options got from the server.
    private func ask(_ meeting: Meeting, _ port: UInt16, _ options: [String]) throws -> String {
        let outcome = try meeting.run(
            [
                "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", "server.crt",
                "-verify_return_error", "-verify_ip", "127.0.0.1", "-ign_eof", "-quiet",
            ] + options, input: "GET / HTTP/1.0\r\n\r\n")
        #expect(!outcome.timedOut)
        return String(decoding: outcome.standardOutput, as: UTF8.self)
    }

    private func identity(_ device: String) -> [String] {
        ["-cert", "\(device).pem", "-cert_chain", "\(device).pem", "-key", "\(device).key"]
    }

    /// Modems speak TLS 1.2, hosts 1.3.
    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func mutualHandshake(_ version: String) throws {
        try Meeting.demand("openssl")
        let meeting = try Meeting()
        let first = Meeting.devices[0]
        try serve(meeting, []) { (port: UInt16) throws in
            let answer = try ask(meeting, port, identity(first) + [version])
            #expect(answer.hasPrefix(Self.page), "\(answer)")
            #expect(answer.contains("CN = \(first)") || answer.contains("CN=\(first)"))
            // The server means it: none, and one of another CA, do not do.
            #expect(try ask(meeting, port, [version]) == "")
            #expect(
                try ask(meeting, port, ["-cert", "server.crt", "-key", "server.key", version]) == "")
            // The key of another device does not fit, says the client itself.
            #expect(
                try ask(
                    meeting, port,
                    ["-cert", "\(first).pem", "-key", "\(Meeting.devices[1]).key", version]) == "")
        }
    }

    @Test func revokedIsRefused() throws {
        try Meeting.demand("openssl")
        let meeting = try Meeting()
        try meeting.succeed(
            "assay", "ca", "revoke", "--ca", "ca", "--device", Meeting.devices[0], "--reason", "keyCompromise"
        )
        try meeting.succeed("assay", "ca", "crl", "--ca", "ca", "-o", "ca.crl")
        try serve(meeting, ["-CRL", "ca.crl", "-crl_check"]) { (port: UInt16) throws in
            #expect(try ask(meeting, port, identity(Meeting.devices[0])) == "")
            #expect(try ask(meeting, port, identity(Meeting.devices[1])).hasPrefix(Self.page))
        }
    }
}
