package import Diagnostics
import JSON
package import ProvisioningAPI

/// The Provisioning Service without a transport: requests in, answers out, from any number of threads.
///
/// Each call returns when what it changed is on disk. Calls block; a transport runs them on threads of its own.
package final class ProvisioningService: Sendable {
    private let configuration: ServiceConfiguration

    package init(configuration: ServiceConfiguration) throws(ToolError) {
        self.configuration = configuration
    }

    /// Any request: an operator's, or a device's by its path.
    package func respond(to request: ServiceRequest) -> ServiceResponse {
        switch RoutingTable.match(method: request.method, path: request.path) {
        case .found(let route, _): return Self.problem(501, "not-implemented", "\(route.rawValue) is not there yet")
        case .otherMethods(let methods):
            var answer = Self.problem(405, "method", "expected \(methods.joined(separator: " or "))")
            answer.headers.append((name: "Allow", value: methods.joined(separator: ", ")))
            return answer
        case .unknown: return Self.problem(404, "not-found", "there is no such path")
        }
    }

    /// A device's request; any other path is unknown here.
    package func respondToDevice(_ request: ServiceRequest) -> ServiceResponse {
        guard RoutingTable.isDevicePath(request.path) else {
            return Self.problem(404, "not-found", "there is no such path")
        }
        return respond(to: request)
    }

    /// Makes an API key, and its team if there is none of that name; the secret is not kept and shown only now.
    package func createKey(
        role: Role, team: String, name: String
    ) throws(ToolError) -> (id: String, secret: String) {
        throw ToolError(.internalFault, "not there yet")
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

    package func listKeys() throws(ToolError) -> [KeyDescription] { [] }

    /// Whether there was such a key in force.
    package func revokeKey(_ id: String) throws(ToolError) -> Bool { false }

    /// Prometheus text format 0.0.4.
    package var metricsText: String { "" }

    /// Whether requests can be answered: the files are open and can be written.
    package var isReady: Bool { true }

    /// Waits for what is being written; later requests are answered 503, devices 500.
    package func shutdown() {}

    private static func problem(_ status: Int, _ reason: String, _ message: String) -> ServiceResponse {
        var writer = JSONWriter()
        writer.value(ProblemBody(status: status, reason: reason, message: message).json)
        return ServiceResponse(status: status, contentType: "application/json", body: writer.bytes)
    }
}
