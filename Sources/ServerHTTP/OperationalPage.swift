import ProvisioningAPI
import ServerSupport
import Service

/// What is asked by those who run the service: none of it names a device, a team or a key.
enum OperationalPage: String, Sendable {
    /// The process lives and reads requests.
    case health = "/healthz"
    /// Requests can be answered.
    case readiness = "/readyz"
    /// Prometheus text format. It tells how much a maker produces, so who asks from elsewhere shows an API key.
    case metrics = "/metrics"

    /// Headers by which a proxy says that it passes on what another asked.
    private static let forwarding: Set = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]

    /// Whether a request was made on this machine.
    ///
    /// - Parameter peer: the numeric address of the other side; nil where it is not known.
    static func isLocal(_ request: ServiceRequest, peer: String?) -> Bool {
        guard let peer, peer == "::1" || peer.hasPrefix("127.") || peer.hasPrefix("::ffff:127.") else {
            return false
        }
        return !request.headers.contains { forwarding.contains($0.name.lowercased()) }
    }

    /// May block.
    ///
    /// - Parameter isLocal: whether the request was made on this machine, where no key is asked for.
    func answer(
        _ request: ServiceRequest, isLocal: Bool, _ service: ProvisioningService, _ metrics: ServerMetrics
    ) -> ServiceResponse {
        guard request.method == "GET" || request.method == "HEAD" else {
            var answer = TransportProblem.response(405, "method", "expected GET")
            answer.headers.append((name: "Allow", value: "GET, HEAD"))
            return answer
        }
        switch self {
        case .health: return Self.text("ok\n")
        case .readiness:
            return service.isReady && !metrics.isStopping
                ? Self.text("ready\n") : Self.text("not ready\n", 503)
        case .metrics:
            if !isLocal, let refusal = service.refusal(of: request) { return refusal }
            let text = service.metricsText
            return ServiceResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: Array((text.isEmpty || text.hasSuffix("\n") ? text : text + "\n").utf8)
                    + Array(metrics.text.utf8))
        }
    }

    private static func text(_ text: String, _ status: Int = 200) -> ServiceResponse {
        ServiceResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}
