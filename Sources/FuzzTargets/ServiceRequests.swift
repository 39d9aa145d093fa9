import JSON
import ProvisioningAPI
import ProvisioningState

/// What operators and devices send to the Provisioning Service: paths, bodies, correlation ids, modem
/// answers.
enum ServiceRequests {
    /// What is found in a text is found again in what is written of it.
    static func check(_ bytes: [UInt8]) -> String? {
        if let body = try? JSONValue(parsing: bytes), let fault = check(body) { return fault }
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        guard let decoded = PercentEncoding.decode(PercentEncoding.encode(text)),
            decoded.utf8.elementsEqual(text.utf8)
        else { return "percent-encoding changes a text" }
        if let id = DeliveryID(text), DeliveryID(id.text) != id { return "a correlation id reads as another" }
        if let token = ModemAnswer.token(in: text), ModemAnswer.token(in: token) != token {
            return "a token in an answer is none by itself"
        }
        _ = ModemAnswer.error(in: text)
        return checkPath(text)
    }

    private static func checkPath(_ path: String) -> String? {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            guard case .found(let route, let parameters) = RoutingTable.match(method: method, path: path)
            else {
                continue
            }
            let rows = RoutingTable.rows.filter { $0.route == route && $0.method == method }
            guard !rows.isEmpty else { return "a route of another method" }
            guard parameters.allSatisfy({ !$0.isEmpty }) else { return "an empty part of a path" }
        }
        return nil
    }

    private static func check(_ body: JSONValue) -> String? {
        if let claim = try? ClaimBody(json: body) {
            guard let again = try? ClaimBody(json: claim.json), again == claim else {
                return "a claim reads as another"
            }
        }
        if let rule = try? RuleBody(json: body), let tags = rule.tags {
            guard tags.allSatisfy({ TagRule.reason(against: $0) == nil }) else {
                return "a rule of a bad tag"
            }
        }
        _ = try? TagBody(json: body)
        _ = try? TagsBody.read(body)
        return nil
    }
}
