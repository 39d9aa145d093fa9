import Foundation
import TestFleet
import TestSupport
import Testing

/// Devices at an MQTT broker that takes certificates of the CA and nothing else.
@Suite(.serialized) struct BrokerTests {
    /// Runs a broker with this revocation list while `body` runs.
    private func serve(
        _ meeting: Meeting, revocationList: String, _ body: (UInt16) throws -> Void
    ) throws {
        let port = try LoopbackPort.free()
        try meeting.folder.write(
            """
            user root
            allow_anonymous false
            listener \(port) 127.0.0.1
            cafile \(meeting.folder.path("ca/ca.crt"))
            certfile \(meeting.folder.path("server.crt"))
            keyfile \(meeting.folder.path("server.key"))
            require_certificate true
            use_identity_as_username true
            crlfile \(meeting.folder.path(revocationList))

            """, to: "broker.conf")
        try meeting.serve(["mosquitto", "-c", "broker.conf"], on: port, body)
    }

    private func options(_ device: String?, _ port: UInt16) -> [String] {
        let identity = device.map { ["--cert", "\($0).pem", "--key", "\($0).key", "-i", $0] } ?? []
        return ["-h", "127.0.0.1", "-p", "\(port)", "--cafile", "server.crt", "-t", "measured"] + identity
    }

    /// Whether the broker took a message from a device.
    private func publishes(_ meeting: Meeting, _ device: String?, _ port: UInt16) throws -> Bool {
        let outcome = try meeting.run(
            ["mosquitto_pub"] + options(device, port) + ["-m", device ?? "nobody", "-q", "1", "-r"], limit: 20
        )
        #expect(!outcome.timedOut)
        return outcome.status == 0
    }

    @Test func aRevokedDeviceIsTurnedAway() throws {
        try Meeting.demand("openssl", "mosquitto", "mosquitto_pub", "mosquitto_sub")
        let meeting = try Meeting()
        let (first, second) = (Meeting.devices[0], Meeting.devices[1])
        try meeting.succeed("assay", "ca", "crl", "--ca", "ca", "-o", "before.crl")
        try serve(meeting, revocationList: "before.crl") { (port: UInt16) throws in
            #expect(try publishes(meeting, first, port))
            let received = try meeting.run(
                ["mosquitto_sub"] + options(second, port) + ["-C", "1", "-W", "10"], limit: 20)
            #expect(received.status == 0)
            #expect(String(decoding: received.standardOutput, as: UTF8.self) == first + "\n")
            #expect(try publishes(meeting, second, port))
            #expect(try !publishes(meeting, nil, port))
        }
        try meeting.succeed(
            "assay", "ca", "revoke", "--ca", "ca", "--device", first, "--reason", "keyCompromise")
        try meeting.succeed("assay", "ca", "crl", "--ca", "ca", "-o", "after.crl")
        try serve(meeting, revocationList: "after.crl") { (port: UInt16) throws in
            #expect(try !publishes(meeting, first, port))
            #expect(try publishes(meeting, second, port))
        }
    }
}
