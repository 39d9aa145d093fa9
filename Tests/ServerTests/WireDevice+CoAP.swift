import CoAP
import Foundation
import ProvisioningCommands
import Testing

/// The device library's requests over CoAP.
extension WireDevice {
    static let coapQuery = ["after=", "rxMaxSize=2304", "txMaxSize=2304", "limit=10"]

    func authenticate(_ client: CoAPClient, jwt: String? = nil) throws -> ClientResponse {
        try client.answer(
            ClientRequest(
                .post, path: ["p", "auth-jwt"], query: ["mver=mfw_nrf91x1_2.0.2", "cver=3.2.0"],
                contentFormat: .cbor, body: Array(try (jwt ?? self.jwt()).utf8)))
    }

    func fetch(_ client: CoAPClient, _ query: [String] = coapQuery) throws -> ClientResponse {
        try client.answer(ClientRequest(.get, path: ["p", "cmd"], query: query))
    }

    func report(_ client: CoAPClient, octets: [UInt8], format: ContentFormat? = .cbor) throws
        -> ClientResponse
    {
        try client.answer(ClientRequest(.post, path: ["p", "rsp"], contentFormat: format, body: octets))
    }

    /// A session of this device, authenticated.
    func session(_ service: RunningService, _ settings: ClientSettings = ClientSettings()) throws
        -> CoAPClient
    {
        let client = try CoAPClient(service, settings)
        let answer = try authenticate(client)
        try #require(answer == ClientResponse(code: .created, maxAge: 2_592_000))
        return client
    }

    /// What a device answers that can do everything.
    func execute(octets: [UInt8]) throws -> [UInt8] {
        let head = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
        return DeviceMessage.responses(try execute(try WireAnswer(head + octets))).cbor
    }
}
