import Attestation
import DeviceIdentity
import Foundation
import OpenSSL
import ProvisioningCommands
import Registry
import Store
import TestFleet
import Testing

/// A device at the wire: it writes the requests of the device library in their order of headers, each on a connection of
/// its own.
struct WireDevice {
    let device: TestDevice

    init(seed: UInt64) throws { device = try TestDevice(seed: seed) }

    /// Registers the identity key beside a service that runs, as `assay device import` does.
    func register(at service: RunningService) throws {
        let registry = try SQLiteStore(path: service.folder.path("data/assay.db"), access: .create)
        _ = try registry.register(
            [
                Registration(
                    uuid: device.uuid, imei: device.imei,
                    key: IdentityKey(publicKey: device.publicKey, trust: .trusted), how: .added,
                    inputDigest: nil)
            ], at: Int64(Date().timeIntervalSince1970))
    }

    var claimToken: String {
        get throws {
            try device.attestation(nonce: [UInt8](repeating: 7, count: 16), signer: P256Arithmetic())
        }
    }

    func jwt() throws -> String {
        let now = Int64(Date().timeIntervalSince1970)
        let signed = [
            #"{"typ":"JWT","alg":"ES256"}"#,
            #"{"iss":"nRF9160.\#(device.uuid)","jti":"x","iat":\#(now),"exp":\#(now + 300)}"#,
        ].map { String(decoding: Base64.encode(Array($0.utf8), .url), as: UTF8.self) }.joined(separator: ".")
        let signature = try device.signature(over: Array(signed.utf8), signer: P256Arithmetic())
        return signed + "." + String(decoding: Base64.encode(signature, .url), as: UTF8.self)
    }

    static let query = "after=&rxMaxSize=2304&txMaxSize=2304&mver=mfw_nrf91x1_2.0.2&cver=3.2.0&limit=10"

    /// The request of a fetch.
    func fetchRequest() throws -> String {
        """
        GET /v1/provisioning/commands?\(Self.query) HTTP/1.1\r
        Host: localhost\r
        Accept: application/cbor\r
        Authorization: Bearer \(try jwt())\r
        Content-Type: */*\r
        User-Agent: Zephyr/4.1 (build board)\r
        Connection: close\r
        \r

        """
    }

    func fetch(_ service: RunningService) throws -> WireAnswer {
        let connection = try service.connect()
        try connection.send(try fetchRequest())
        return try WireAnswer(try connection.readToEnd())
    }

    func report(_ service: RunningService, _ responses: [DeviceResponse]) throws -> WireAnswer {
        try report(service, octets: DeviceMessage.responses(responses).cbor)
    }

    func report(_ service: RunningService, octets body: [UInt8], type: String = "application/cbor") throws
        -> WireAnswer
    {
        let connection = try service.connect()
        try connection.send(
            """
            POST /v1/provisioning/response HTTP/1.1\r
            Host: localhost\r
            Content-Type: \(type)\r
            Accept: */*\r
            Authorization: Bearer \(try jwt())\r
            User-Agent: Zephyr/4.1 (build board)\r
            Connection: close\r
            Content-Length: \(body.count)\r
            \r

            """)
        try connection.send(body)
        return try WireAnswer(try connection.readToEnd())
    }

    /// What a device answers that can do everything.
    func execute(_ answer: WireAnswer) throws -> [DeviceResponse] {
        guard case .commands(let commands) = try DeviceMessage(cbor: answer.body) else {
            throw RunningService.Fault("expected commands")
        }
        var responses: [DeviceResponse] = []
        var finished: [DeviceResponse] = []
        for command in commands {
            let id = command.correlationID
            switch command.action {
            case .at(let at) where at.name == "%KEYGEN":
                let token = try device.keyGeneration(
                    of: device.publicKey, nonce: [UInt8](repeating: 9, count: 16), profile: .plain,
                    signer: P256Arithmetic())
                responses.append(
                    DeviceResponse(
                        correlationID: id, result: .ok(message: "%KEYGEN: \"\(token)\"\r\nOK\r\n")))
            case .at: responses.append(DeviceResponse(correlationID: id, result: .ok(message: "OK\r\n")))
            case .config: responses.append(DeviceResponse(correlationID: id, result: .config))
            case .finished: finished.append(DeviceResponse(correlationID: id, result: .finished))
            }
        }
        return responses + finished
    }
}
