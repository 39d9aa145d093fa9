import Attestation
package import Diagnostics
import DeviceIdentity
import JSON
import OpenSSL
package import ProvisioningAPI
import ServiceStore
import Synchronization

/// The Provisioning Service without a transport: requests in, answers out, from any number of threads.
///
/// Each call returns when what it changed is on disk. Calls block; a transport runs them on threads of its
/// own.
package final class ProvisioningService: Sendable {
    let configuration: ServiceConfiguration
    let store: ServiceStore
    let registry: Registry
    let metrics = Metrics()
    /// What signs for devices, where the service has a CA.
    let certificates: DeviceCertificates?
    let rates: RateLimiter
    let deviceRates: RateLimiter
    private let isClosed = Atomic<Bool>(false)
    /// Whether requests are no longer answered.
    var isShutDown: Bool { isClosed.load(ordering: .acquiring) }

    /// Opens the files in the data folder, and makes those that are missing.
    package init(configuration: ServiceConfiguration) throws(ToolError) {
        var kept = configuration
        // Used below, once.
        kept.authorityPassphrase = nil
        self.configuration = kept
        store = try ServiceStore(path: configuration.dataFolder + "/service.db")
        registry = try Registry(
            path: configuration.dataFolder + "/assay.db", learnKeys: configuration.learnKeys)
        certificates = try Self.certificates(configuration)
        rates = RateLimiter(perMinute: configuration.requestsPerMinute)
        deviceRates = RateLimiter(perMinute: configuration.fetchesPerMinute)
    }

    private static func certificates(
        _ configuration: ServiceConfiguration
    ) throws(ToolError) -> DeviceCertificates? {
        guard let path = configuration.authorityFolder else { return nil }
        return try DeviceCertificates(
            AuthorityFolder(path: path, passphrase: configuration.authorityPassphrase),
            registryPath: configuration.dataFolder + "/assay.db",
            minimumTrust: configuration.learnKeys ? .observed : .trusted, clock: configuration.clock)
    }

    // MARK: Requests

    /// Any request: an operator's, or a device's by its path.
    package func respond(to request: ServiceRequest) -> ServiceResponse {
        if RoutingTable.isDevicePath(request.path) { return respondToDevice(request) }
        let (route, response) = answer(request)
        metrics.count(route?.rawValue ?? "unknown", response.status)
        return response
    }

    private func answer(_ request: ServiceRequest) -> (Route?, ServiceResponse) {
        switch RoutingTable.match(method: request.method, path: request.path) {
        case .unknown: return (nil, Refusal(404, "path-unknown", "there is no such path").response)
        case .otherMethods(let methods):
            var refusal = Refusal(
                405, "method", "expected \(methods.joined(separator: " or ")) at this path")
            refusal.allow = methods.joined(separator: ", ")
            return (nil, refusal.response)
        case .found(let route, let parameters):
            return (route, guarded { try self.perform(route, parameters, request) })
        }
    }

    private func perform(
        _ route: Route, _ parameters: [String], _ request: ServiceRequest
    ) throws -> ServiceResponse {
        guard !isClosed.load(ordering: .acquiring) else {
            throw Refusal(503, "closing", "the service is shutting down", retryAfter: 5)
        }
        // Clients fetch what the member errorSummaryUrl names without their key.
        if route == .getBulkErrors { return try getBulkErrors(parameters.first ?? "") }
        let (key, time) = try admit(request)
        return try handle(
            route, RequestContext(request: request, key: key, parameters: parameters, time: time))
    }

    /// Who asks, and when; within the rate of the key.
    private func admit(_ request: ServiceRequest) throws -> (key: KeyRow, time: Int64) {
        let key = try authenticate(request)
        let time = configuration.clock()
        if let wait = rates.wait(key.id, at: time) {
            throw Refusal(
                429, "rate",
                "expected at most \(configuration.requestsPerMinute) requests a minute, found more",
                retryAfter: wait)
        }
        return (key, time)
    }

    /// The answer to a request without an API key in force; nil for one that has it, of whatever role and team.
    package func refusal(of request: ServiceRequest) -> ServiceResponse? {
        let answer = guarded {
            _ = try self.admit(request)
            return .noContent
        }
        return answer.status == ServiceResponse.noContent.status ? nil : answer
    }

    /// The answer of a body, or to what it throws.
    private func guarded(_ body: () throws -> ServiceResponse) -> ServiceResponse {
        do {
            return try body()
        } catch let refusal as Refusal {
            return refusal.response
        } catch let error as ToolError where error.code == .locked {
            return Refusal(503, "busy", "the service is busy", retryAfter: 2).response
        } catch {
            note(error)
            return Refusal(500, "fault", "the service could not do this; its log says why").response
        }
    }

    /// What went wrong in the service itself, for its log.
    func note(_ error: any Error) {
        let text: String
        if let error = error as? ToolError {
            text = ([error.message] + error.context.map { "\($0.name) \($0.value)" }).joined(separator: ", ")
        } else {
            text = String(describing: error)
        }
        metrics.countFault()
        configuration.noteFault(text)
    }

    // MARK: Keys

    private func authenticate(_ request: ServiceRequest) throws -> KeyRow {
        guard let header = request.header("Authorization") else {
            throw Refusal(401, "key-missing", "expected an Authorization header with an API key, found none")
        }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Refusal(401, "key-missing", "expected 'Bearer' and an API key, found something else")
        }
        let digest = Digest.sha256(Array(parts[1].utf8))
        guard let key = try store.read({ try $0.key(digest: digest) }) else {
            throw Refusal(401, "key-unknown", "expected an API key in force, found another")
        }
        return key
    }

    /// Makes an API key, and its team if there is none of that name; the secret is not kept and shown only
    /// now.
    package func createKey(
        role: Role, team: String, name: String
    ) throws(ToolError) -> (id: String, secret: String) {
        for text in [team, name] where text.isEmpty || text.utf8.count > 128 {
            throw ToolError(.usage, "expected names of 1 to 128 octets for the team and the key")
        }
        guard let secretOctets = configuration.randomness(32), secretOctets.count == 32,
            let idOctets = configuration.randomness(8), idOctets.count == 8,
            let teamID = configuration.randomness(16).flatMap({ Identifier.uuid(randomness: $0) })
        else { throw ToolError(.internalFault, "found no randomness for a key") }
        let secret = Hex.encode(secretOctets)
        let id = Hex.encode(idOctets)
        let time = configuration.clock()
        try toolError {
            try self.store.write { tables in
                let team = try tables.team(named: team, newID: teamID, at: time)
                try tables.addKey(
                    id: id, digest: Digest.sha256(Array(secret.utf8)), team: team, role: role, name: name,
                    at: time)
                try tables.note(
                    EventRow(
                        at: time, team: team, actor: "console", kind: "key.created",
                        detail: ["key": .string(id), "role": .string(role.rawValue)]))
            }
        }
        return (id, secret)
    }

    package struct KeyDescription: Sendable, Equatable {
        package let id: String
        package let team: String
        package let role: Role
        package let name: String
        /// Seconds since 1970.
        package let createdAt: Int64
        package let revokedAt: Int64?
    }

    /// All keys, oldest first.
    package func listKeys() throws(ToolError) -> [KeyDescription] {
        let keys = try toolError { try self.store.read { try $0.keys() } }
        return keys.map {
            KeyDescription(
                id: $0.id, team: $0.teamName, role: $0.role, name: $0.name, createdAt: $0.createdAt,
                revokedAt: $0.revokedAt)
        }
    }

    /// Whether there was such a key in force.
    package func revokeKey(_ id: String) throws(ToolError) -> Bool {
        let time = configuration.clock()
        return try toolError {
            try self.store.write { tables in
                guard try tables.revokeKey(id, at: time) else { return false }
                try tables.note(
                    EventRow(
                        at: time, team: nil, actor: "console", kind: "key.revoked",
                        detail: ["key": .string(id)]))
                return true
            }
        }
    }

    private func toolError<Value>(_ body: () throws -> Value) throws(ToolError) -> Value {
        do {
            return try body()
        } catch let error as ToolError {
            throw error
        } catch {
            throw ToolError(.io, "cannot use the service's file: \(error)")
        }
    }

    // MARK: Operation

    /// Prometheus text format 0.0.4.
    package var metricsText: String { metrics.text(store.written) }

    /// Whether requests can be answered: the files are open and can be read.
    package var isReady: Bool {
        !isClosed.load(ordering: .acquiring) && (try? store.read { _ in true }) == true
    }

    /// Waits for what is being written; later requests are answered 503, devices 500.
    package func shutdown() {
        isClosed.store(true, ordering: .releasing)
        store.drain()
    }
}
