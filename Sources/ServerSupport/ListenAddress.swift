package import Diagnostics
import NIOCore

/// Where the service listens: a numeric address and a port.
package struct ListenAddress: Sendable, Equatable {
    /// Numeric, an IPv6 address without its brackets.
    package let host: String
    /// 0 lets the system choose.
    package let port: Int

    /// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`. Other names are refused: what they mean can change
    /// between the check that plain HTTP stays on this machine and the bind.
    ///
    /// - Throws: ``ToolError`` with `usage`.
    package init(_ text: String) throws(ToolError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw Self.refusal(text)
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { throw Self.refusal(text) }
        } else if host.contains(":") {
            throw Self.refusal(text)
        }
        if host == "localhost" { host = "127.0.0.1" }
        guard let address = try? SocketAddress(ipAddress: host, port: Int(port)),
            let numeric = address.ipAddress
        else { throw Self.refusal(text) }
        self.host = numeric
        self.port = Int(port)
    }

    /// Whether only this machine reaches it.
    package var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }

    /// The address as a URL names it.
    package func url(scheme: String, port: Int) -> String {
        "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private static func refusal(_ text: String) -> ToolError {
        ToolError(
            .usage, "expected ADDRESS:PORT to listen on, found \(text.escapedForTerminal)",
            hint: "127.0.0.1:8080, [::1]:8080, 0.0.0.0:8443; port 0 lets the system choose")
    }
}
