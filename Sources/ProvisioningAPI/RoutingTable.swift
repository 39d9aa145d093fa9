/// The one place where paths stand. The service finds a route by them, a client makes its requests of them.
package enum RoutingTable {
    /// How sure a path is.
    package enum Evidence: Sendable {
        /// Running client code or a published example uses it.
        case proven
        /// A placeholder: the operation is documented, its path is not.
        case unproven
        /// The vendor's service has no such operation.
        case own
    }

    /// One row.
    package struct Row: Sendable {
        package let method: String
        /// Segments below `/v1`; one in braces stands for any text.
        package let template: String
        package let route: Route
        package let evidence: Evidence
        let segments: [Substring]

        init(_ method: String, _ template: String, _ route: Route, _ evidence: Evidence) {
            self.method = method
            self.template = template
            self.route = route
            self.evidence = evidence
            segments = template.split(separator: "/")
        }
    }

    /// What stands before each path.
    package static let prefix = "/v1"

    package static let rows: [Row] = [
        Row("POST", "/claimed-devices", .claim, .proven),
        // The vendor's claiming guide; clients use the first.
        Row("POST", "/identities/claimed-devices", .claim, .proven),
        Row("POST", "/claimed-devices/bulk", .bulkClaim, .proven),
        Row("GET", "/claimed-devices", .listDevices, .unproven),
        Row("GET", "/claimed-devices/{device}", .getDevice, .unproven),
        Row("DELETE", "/claimed-devices/{device}", .unclaim, .proven),
        Row("PUT", "/claimed-devices/{device}/tags", .setTags, .unproven),
        Row("PUT", "/claimed-devices/{device}/block", .block, .unproven),
        Row("DELETE", "/claimed-devices/{device}/block", .unblock, .unproven),
        Row("GET", "/claimed-devices/{device}/provisioning", .listCommands, .unproven),
        Row("POST", "/claimed-devices/{device}/provisioning", .addCommand, .proven),
        Row("GET", "/claimed-devices/{device}/provisioning/{command}", .getCommand, .proven),
        Row("PUT", "/claimed-devices/{device}/provisioning/{command}", .updateCommand, .unproven),
        Row("DELETE", "/claimed-devices/{device}/provisioning/{command}", .deleteCommand, .unproven),
        Row("POST", "/claimed-devices/{device}/provisioning/{command}/skip", .skipCommand, .unproven),
        Row("POST", "/claimed-devices/{device}/provisioning/{command}/retry", .retryCommand, .unproven),
        Row("GET", "/claimed-devices/{device}/next", .lookAhead, .own),
        Row("GET", "/claimed-devices/{device}/diagnosis", .diagnose, .own),
        Row("GET", "/claimed-devices/{device}/events", .listEvents, .own),
        Row("POST", "/provisioning-rules", .createRule, .proven),
        Row("GET", "/provisioning-rules", .listRules, .proven),
        Row("GET", "/provisioning-rules/{rule}", .getRule, .unproven),
        Row("PATCH", "/provisioning-rules/{rule}", .changeRule, .unproven),
        Row("DELETE", "/provisioning-rules/{rule}", .deleteRule, .unproven),
        Row("POST", "/provisioning-rules/{rule}/activate", .activateRule, .unproven),
        Row("POST", "/provisioning/tags", .createTag, .proven),
        Row("GET", "/provisioning/tags", .listTags, .proven),
        Row("GET", "/bulk-ops-requests", .listBulkOperations, .proven),
        Row("GET", "/bulk-ops-requests/{operation}", .getBulkOperation, .proven),
        Row("GET", "/bulk-ops-requests/{operation}/errors", .getBulkErrors, .own),
        Row("POST", "/devices", .onboardDevices, .proven),
        Row("GET", "/devices", .listOnboardedDevices, .proven),
        Row("GET", "/devices/{id}", .getOnboardedDevice, .proven),
        Row("DELETE", "/devices/{id}", .removeOnboardedDevice, .proven),
        Row("POST", "/attestation-tokens/verify", .verifyAttestationTokens, .unproven),
        Row("POST", "/jwts/verify", .verifyJWTs, .unproven),
        Row("GET", "/account", .getAccount, .proven),
        Row("GET", "/provisioning/commands", .fetchCommands, .proven),
        Row("POST", "/provisioning/response", .reportResponses, .proven),
    ]

    /// What a method and a path lead to.
    package enum Match: Sendable, Equatable {
        /// A route with the texts that stand for the segments in braces, percent-decoded.
        case found(Route, parameters: [String])
        /// The path is known under these methods only.
        case otherMethods([String])
        case unknown
    }

    /// - Parameter path: percent-encoded, without the query.
    package static func match(method: String, path: String) -> Match {
        guard path.hasPrefix(prefix + "/") else { return .unknown }
        let segments = path.dropFirst(prefix.count + 1).split(
            separator: "/", omittingEmptySubsequences: false)
        var candidates = rows.compactMap { row in
            parameters(of: segments, in: row).map { (row: row, parameters: $0) }
        }
        // A path that is written out is no device or rule of that name.
        if candidates.contains(where: \.parameters.isEmpty) {
            candidates.removeAll { !$0.parameters.isEmpty }
        }
        if let found = candidates.first(where: { $0.row.method == method }) {
            return .found(found.row.route, parameters: found.parameters)
        }
        return candidates.isEmpty ? .unknown : .otherMethods(candidates.map(\.row.method))
    }

    /// Whether a path is one of the device's side, whatever the method.
    package static func isDevicePath(_ path: String) -> Bool {
        rows.contains { $0.route.isDeviceSide && prefix + $0.template == path }
    }

    /// The method and path of a route with these texts for its segments in braces; nil if their number is
    /// another.
    package static func request(
        _ route: Route, _ parameters: String...
    ) -> (method: String, path: String)? { request(route, parameters) }

    /// The same.
    package static func request(
        _ route: Route, _ parameters: [String]
    ) -> (method: String, path: String)? {
        guard let row = rows.first(where: { $0.route == route }) else { return nil }
        var rest = parameters[...]
        var path = prefix
        for segment in row.segments {
            path += "/"
            if segment.hasPrefix("{") {
                guard let text = rest.popFirst() else { return nil }
                path += PercentEncoding.encode(text)
            } else {
                path += segment
            }
        }
        return rest.isEmpty ? (row.method, path) : nil
    }

    private static func parameters(of segments: [Substring], in row: Row) -> [String]? {
        guard segments.count == row.segments.count else { return nil }
        var parameters: [String] = []
        for (segment, expected) in zip(segments, row.segments) {
            if expected.hasPrefix("{") {
                guard let text = PercentEncoding.decode(segment), !text.isEmpty else { return nil }
                parameters.append(text)
            } else if !segment.utf8.elementsEqual(expected.utf8) {
                return nil
            }
        }
        return parameters
    }
}
