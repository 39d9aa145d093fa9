/// How the firmware at the other end takes AT commands.
public enum ATDialect: String, Sendable, CaseIterable {
    /// The command as it is: the AT host library, a serial modem.
    case plain
    /// A shell whose command `at` hands its argument to the modem.
    case shell

    /// What goes over the line, its end included.
    public func octets(of request: ATRequest) -> [UInt8] {
        switch self {
        case .plain: return Array((request.text + "\r\n").utf8)
        case .shell:
            // A shell ends its line at a line feed; its command `at` reads the two characters \n as one.
            let text = request.text.split(separator: "\n", omittingEmptySubsequences: false)
                .joined(separator: "\\n")
            return Array("at '\(text)'\r\n".utf8)
        }
    }

    public var other: ATDialect { self == .plain ? .shell : .plain }
}
