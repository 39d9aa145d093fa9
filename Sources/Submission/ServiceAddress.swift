package import Diagnostics
package import ProvisioningAPI

/// Where a service is: the Provisioning Service, and its neighbour that keeps accounts and onboarded devices. A service of
/// one's own has both at one address.
package struct ServiceAddress: Sendable, Equatable {
    /// `https://host[:port][/path]`, without `/v1` and without a slash at its end: what a journal is bound to.
    package let provisioning: String
    package let core: String

    /// The name of the public service.
    package static let publicName = "nrfcloud"
    private static let publicHost = "https://api.provisioning.nrfcloud.com"
    private static let marker = "://api.provisioning."

    /// - Parameter text: a URL, or `nrfcloud`.
    /// - Throws: ``ToolError`` with `usage`.
    package init(_ text: String) throws(ToolError) {
        let url = try Self.normal(text == Self.publicName ? Self.publicHost : text)
        provisioning = url
        core = url.split(separator: "/").count > 1 ? Self.neighbour(of: url) : url
    }

    /// `https://api.nrfcloud.com` of `https://api.provisioning.nrfcloud.com`.
    private static func neighbour(of url: String) -> String {
        for scheme in ["https", "http"] where url.hasPrefix(scheme + marker) {
            return scheme + "://api." + url.dropFirst(scheme.utf8.count + marker.utf8.count)
        }
        return url
    }

    private static func normal(_ text: String) throws(ToolError) -> String {
        func refuse(_ reason: String) -> ToolError {
            ToolError(
                .usage, "the address of the service: \(reason)",
                hint: "give https://HOST, https://HOST:PORT or nrfcloud, or set ASSAY_SERVICE")
        }
        guard let separator = text.firstRange(of: "://") else {
            throw refuse("expected a URL, found a text without a scheme")
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else {
            throw refuse("expected https, found another scheme")
        }
        var rest = text[separator.upperBound...]
        guard rest.utf8.allSatisfy({ 0x21...0x7e ~= $0 }), !rest.contains("@"), !rest.contains("?"),
            !rest.contains("#")
        else {
            throw refuse(
                "expected a host, a port and a path alone, found more, or a character that has no place there"
            )
        }
        while rest.hasSuffix("/") { rest.removeLast() }
        if rest.hasSuffix(RoutingTable.prefix) { rest.removeLast(RoutingTable.prefix.utf8.count) }
        while rest.hasSuffix("/") { rest.removeLast() }
        let place = rest.prefix { $0 != "/" }
        guard !place.isEmpty else { throw refuse("expected a host, found none") }
        var host = place.lowercased()
        let standard = scheme == "https" ? ":443" : ":80"
        if host.hasSuffix(standard) { host.removeLast(standard.utf8.count) }
        guard scheme == "https" || isLoopback(host) else {
            throw refuse(
                "expected https, found http to another machine, where everybody on the way reads the API key")
        }
        return scheme + "://" + host + rest.dropFirst(place.count)
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.hasPrefix("[::1]") { return true }
        let name = host.prefix { $0 != ":" }
        if name == "localhost" { return true }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// The method and URL of a request; `nil` if the texts do not fit the route.
    package func request(
        _ route: Route, _ parameters: [String] = [], query: String = ""
    ) -> (method: String, url: String)? {
        guard let (method, path) = RoutingTable.request(route, parameters) else { return nil }
        let base = Self.isCore(route) ? core : provisioning
        return (method, base + path + (query.isEmpty ? "" : "?" + query))
    }

    private static func isCore(_ route: Route) -> Bool {
        switch route {
        case .getAccount, .listBulkOperations, .getBulkOperation, .getBulkErrors, .onboardDevices,
            .listOnboardedDevices, .getOnboardedDevice, .removeOnboardedDevice:
            true
        default: false
        }
    }
}
