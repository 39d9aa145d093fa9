import ProvisioningAPI
import Service

/// What is asked by those who run the service, without a key: none of it names a device, a team or a key.
enum OperationalPage: String, Sendable {
    /// The process lives and reads requests.
    case health = "/healthz"
    /// Requests can be answered.
    case readiness = "/readyz"
    /// Prometheus text format.
    case metrics = "/metrics"

    /// May block.
    func answer(method: String, _ service: ProvisioningService, _ metrics: ServerMetrics) -> ServiceResponse {
        guard method == "GET" || method == "HEAD" else {
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
