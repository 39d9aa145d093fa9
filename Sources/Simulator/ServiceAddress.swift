public import Diagnostics

/// Where the service is, from its URL: scheme, host and port, and nothing after them.
public struct ServiceAddress: Sendable, Equatable, CustomStringConvertible {
    /// By what devices reach the service.
    public enum Scheme: String, Sendable, CaseIterable {
        case http, https
        /// CoAP over DTLS (RFC 7252 section 6.2).
        case coaps

        /// Where the address names none.
        var port: Int {
            switch self {
            case .http: 80
            case .https: 443
            case .coaps: 5684
            }
        }
    }

    public let scheme: Scheme
    public var isSecure: Bool { scheme != .http }
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    public let host: String
    public let port: Int

    /// - Throws: `usage` for anything but `http://`, `https://` or `coaps://` with a host and perhaps a port.
    public init(url: String) throws(ToolError) {
        guard let address = Self.parse(url) else {
            throw ToolError(
                .usage,
                "expected a URL of scheme, host and perhaps port, such as https://device.example:8443, "
                    + "found '\(url.escapedForTerminal)'")
        }
        self = address
    }

    private init(scheme: Scheme, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    private static func parse(_ url: String) -> ServiceAddress? {
        let lower = url.lowercased()
        guard let scheme = Scheme.allCases.first(where: { lower.hasPrefix("\($0.rawValue)://") }),
            url.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
        else { return nil }
        var rest = url.utf8.dropFirst(scheme.rawValue.utf8.count + 3)
        if rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
        let host: Substring.UTF8View
        let after: Substring.UTF8View
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            after = rest[rest.index(after: end)...]
            guard host.contains(UInt8(ascii: ":")) else { return nil }
        } else {
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            host = rest[..<end]
            after = rest[end...]
        }
        guard !host.isEmpty, host.count <= 253, host.allSatisfy(isHostCharacter) else { return nil }
        var port = scheme.port
        if !after.isEmpty {
            let digits = after.dropFirst()
            guard after.first == UInt8(ascii: ":"), 1...5 ~= digits.count,
                digits.allSatisfy({ 0x30...0x39 ~= $0 }),
                let number = Int(String(decoding: digits, as: UTF8.self)),
                1...65_535 ~= number
            else { return nil }
            port = number
        }
        return ServiceAddress(scheme: scheme, host: String(decoding: host, as: UTF8.self), port: port)
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }

    /// As it stands in the header `Host`: with the port where it is not the scheme's own.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.port ? name : "\(name):\(port)"
    }

    public var description: String { "\(scheme.rawValue)://\(authority)" }
}
