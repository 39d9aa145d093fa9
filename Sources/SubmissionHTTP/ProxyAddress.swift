import AsyncHTTPClient
import Diagnostics

/// `HTTPS_PROXY` and `NO_PROXY`, as curl reads them.
package enum ProxyAddress {
    /// The proxy for a service, by the environment.
    package static func choose(
        service: String, httpsProxy: String?, noProxy: String?
    ) -> String? {
        guard service.hasPrefix("https://"), let httpsProxy, !httpsProxy.isEmpty else { return nil }
        let place = service.dropFirst("https://".count).prefix { $0 != "/" && $0 != ":" }.lowercased()
        for name in (noProxy ?? "").split(separator: ",") {
            let text = name.filter { $0 != " " }.lowercased()
            let bare = text.hasPrefix(".") ? String(text.dropFirst()) : text
            if bare == "*" || place == bare || place.hasSuffix("." + bare) && !bare.isEmpty { return nil }
        }
        return httpsProxy
    }

    static func read(_ text: String) throws(ToolError) -> HTTPClient.Configuration.Proxy {
        func refuse() -> ToolError {
            ToolError(
                .usage, "expected http://HOST:PORT in HTTPS_PROXY, found something else",
                hint: "correct the variable, or name the service in NO_PROXY")
        }
        var rest = text[...]
        if let scheme = text.firstRange(of: "://") {
            guard text[..<scheme.lowerBound].lowercased() == "http" else { throw refuse() }
            rest = text[scheme.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        var authorization: HTTPClient.Authorization?
        if let sign = rest.lastIndex(of: "@") {
            let parts = rest[..<sign].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw refuse() }
            authorization = .basic(username: String(parts[0]), password: String(parts[1]))
            rest = rest[rest.index(after: sign)...]
        }
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            1...65_535 ~= port, colon > rest.startIndex
        else { throw refuse() }
        let host = String(rest[..<colon])
        return authorization.map { .server(host: host, port: port, authorization: $0) }
            ?? .server(host: host, port: port)
    }
}
