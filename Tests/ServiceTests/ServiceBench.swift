import Attestation
import DeviceIdentity
import Foundation
import Diagnostics
import JSON
import OpenSSL
import ProvisioningAPI
import ProvisioningCommands
import Registry
import Store
import Synchronization
import TestFleet
import TestSupport

@testable import Service

/// A service in a folder of its own with a clock that stands, a key of one team, and devices that speak to
/// it.
final class ServiceBench: Sendable {
    static let start: Int64 = 1_780_000_000

    let folder: WorkFolder
    let service: ProvisioningService
    let owner: String
    private let time: Time

    final class Time: Sendable {
        private let value = Mutex(ServiceBench.start)
        var now: Int64 {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    /// - Parameters:
    ///   - parent: where the service's folder is made; the system's folder for temporary files otherwise.
    ///   - configure: changes the configuration before the service starts.
    init(in parent: URL? = nil, configure: (inout ServiceConfiguration) -> Void = { _ in }) throws {
        folder = try WorkFolder(in: parent)
        time = Time()
        service = try Self.service(folder, time, configure)
        owner = try service.createKey(role: .owner, team: "Harbour", name: "owner").secret
    }

    /// The service started again over the files of another.
    init(over other: ServiceBench, configure: (inout ServiceConfiguration) -> Void = { _ in }) throws {
        folder = other.folder
        time = other.time
        owner = other.owner
        other.service.shutdown()
        service = try Self.service(folder, time, configure)
    }

    private static func service(
        _ folder: WorkFolder, _ time: Time, _ configure: (inout ServiceConfiguration) -> Void
    ) throws -> ProvisioningService {
        var configuration = ServiceConfiguration(
            dataFolder: folder.url.path, clock: { time.now }, randomness: { try? RandomBytes.make($0) })
        configure(&configuration)
        return try ProvisioningService(configuration: configuration)
    }

    var now: Int64 {
        get { time.now }
        set { time.now = newValue }
    }

    /// Registers the identity key of a device, as a person would before.
    func register(_ devices: TestDevice...) throws { try register(devices) }

    func register(_ devices: [TestDevice]) throws {
        let registry = try SQLiteStore(path: folder.url.path + "/assay.db", access: .create)
        _ = try registry.register(
            devices.map {
                Registration(
                    uuid: $0.uuid, imei: $0.imei,
                    key: IdentityKey(publicKey: $0.publicKey, trust: .trusted), how: .added, inputDigest: nil)
            }, at: now)
    }

    /// An answer with its body read.
    struct Answer: Equatable {
        var status: Int
        var json: JSONValue?
        var headers: [String] = []
    }

    /// A request to the operators' side.
    func send(
        _ method: String, _ path: String, _ body: String? = nil, query: String? = nil, key: String? = nil,
        type: String? = "application/json"
    ) -> Answer {
        var headers = [(name: "Authorization", value: "Bearer \(key ?? owner)")]
        if let type { headers.append((name: "Content-Type", value: type)) }
        let response = service.respond(
            to: ServiceRequest(
                method: method, path: "/v1" + path, query: query, headers: headers,
                body: Array((body ?? "").utf8)))
        return Answer(
            status: response.status, json: try? JSONValue(parsing: response.body),
            headers: response.headers.map { "\($0.name): \($0.value)" })
    }

    /// Registers and claims a device.
    @discardableResult
    func claim(_ device: TestDevice, tags: [String] = [], key: String? = nil) throws -> Answer {
        try register(device)
        return try claimAgain(device, tags: tags, key: key)
    }

    @discardableResult
    func claimAgain(_ device: TestDevice, tags: [String] = [], key: String? = nil) throws -> Answer {
        let list = tags.map { "\"\($0)\"" }.joined(separator: ",")
        return send(
            "POST", "/claimed-devices",
            #"{"claimToken":"\#(try Self.token(device))","tags":[\#(list)]}"#, key: key)
    }

    static func token(_ device: TestDevice) throws -> String {
        try device.attestation(nonce: [UInt8](repeating: 7, count: 16), signer: P256Arithmetic())
    }

    // MARK: The device's side

    func jwt(_ device: TestDevice, expires: Int64? = nil, signer other: TestDevice? = nil) throws -> String {
        let header = #"{"typ":"JWT","alg":"ES256"}"#
        let payload =
            #"{"iss":"nRF9160.\#(device.uuid)","jti":"x","iat":\#(now),"exp":\#(expires ?? now + 300)}"#
        let signed = [header, payload].map {
            String(decoding: Base64.encode(Array($0.utf8), .url), as: UTF8.self)
        }.joined(separator: ".")
        let signature = try (other ?? device).signature(over: Array(signed.utf8), signer: P256Arithmetic())
        return signed + "." + String(decoding: Base64.encode(signature, .url), as: UTF8.self)
    }

    static let query = "after=&rxMaxSize=2304&txMaxSize=2304&mver=mfw_nrf91x1_2.0.2&cver=3.2.0&limit=10"

    func fetch(_ device: TestDevice, query: String = query, jwt: String? = nil) throws -> ServiceResponse {
        service.respondToDevice(
            ServiceRequest(
                method: "GET", path: "/v1/provisioning/commands", query: query,
                headers: [
                    (name: "Accept", value: "application/cbor"),
                    (name: "Authorization", value: "Bearer \(try jwt ?? self.jwt(device))"),
                    (name: "Content-Type", value: "*/*"),
                ], body: []))
    }

    /// The commands that a device gets; none for 204.
    func commands(_ device: TestDevice, query: String = query) throws -> [DeviceCommand] {
        let response = try fetch(device, query: query)
        if response.status == 204 { return [] }
        guard response.status == 200, case .commands(let commands) = try DeviceMessage(cbor: response.body)
        else {
            throw Unexpected(status: response.status)
        }
        return commands
    }

    struct Unexpected: Error { let status: Int }

    @discardableResult
    func report(_ device: TestDevice, _ responses: [DeviceResponse], jwt: String? = nil) throws -> Int {
        service.respondToDevice(
            ServiceRequest(
                method: "POST", path: "/v1/provisioning/response",
                headers: [
                    (name: "Content-Type", value: "application/cbor"),
                    (name: "Authorization", value: "Bearer \(try jwt ?? self.jwt(device))"),
                ], body: DeviceMessage.responses(responses).cbor)
        ).status
    }

    /// Runs commands as a device does: to the first failure, `finished` last.
    func run(
        _ device: TestDevice, _ commands: [DeviceCommand], requestsOf other: TestDevice? = nil,
        failing: (DeviceCommand) -> UInt32? = { _ in nil }
    ) throws -> [DeviceResponse] {
        var responses: [DeviceResponse] = []
        var finished: DeviceResponse?
        for command in commands {
            if let cme = failing(command) {
                responses.append(
                    DeviceResponse(
                        correlationID: command.correlationID,
                        result: .error(cme: cme, message: "+CME ERROR: \(cme)")))
                return responses
            }
            switch command.action {
            case .at(let at):
                var text = "OK\r\n"
                if at.name == "%KEYGEN" {
                    let isRequest = at.parameters.utf8.split(separator: UInt8(ascii: ","))[2].elementsEqual(
                        "0".utf8)
                    let token =
                        isRequest
                        ? try AuthorityBench.request(other ?? device)
                        : try device.keyGeneration(
                            of: device.publicKey, nonce: [UInt8](repeating: 9, count: 16), profile: .plain,
                            signer: P256Arithmetic())
                    text = "%KEYGEN: \"\(token)\"\r\nOK\r\n"
                }
                responses.append(
                    DeviceResponse(correlationID: command.correlationID, result: .ok(message: text)))
            case .config:
                responses.append(DeviceResponse(correlationID: command.correlationID, result: .config))
            case .finished:
                finished = DeviceResponse(correlationID: command.correlationID, result: .finished)
            }
        }
        return responses + (finished.map { [$0] } ?? [])
    }

    /// Fetches and reports until there is nothing to say.
    func provision(_ device: TestDevice) throws {
        for _ in 0..<50 {
            let commands = try commands(device)
            if commands.isEmpty { return }
            guard try report(device, try run(device, commands)) == 200 else { throw Unexpected(status: 0) }
        }
    }

    func status(_ device: TestDevice) -> String? {
        send("GET", "/claimed-devices/\(device.uuid)").json?["status"]?.stringValue
    }

    /// Adds a command; its id.
    @discardableResult
    func add(_ device: TestDevice, _ request: String) throws -> String {
        let answer = send(
            "POST", "/claimed-devices/\(device.uuid)/provisioning",
            #"{"description":"d","request":\#(request)}"#)
        guard answer.status == 201, let id = answer.json?["id"]?.stringValue else {
            throw Unexpected(status: answer.status)
        }
        return id
    }
}
