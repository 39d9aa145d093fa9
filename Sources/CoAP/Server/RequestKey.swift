/// What the blocks of one body have in common; the token may differ from block to block (RFC 7959 section 2.5).
struct RequestKey: Sendable, Hashable {
    private let method: Code
    private let options: [MessageOption]

    /// Of a body that is received. Another Request-Tag is another body (RFC 9175 section 3.3), and so is another format.
    static func upload(_ message: Message) -> RequestKey {
        RequestKey(message, resource.union([.contentFormat, .requestTag]))
    }

    /// Of a body that is sent.
    static func download(_ message: Message) -> RequestKey { RequestKey(message, resource) }

    private static let resource: Set<OptionNumber> = [.uriHost, .uriPort, .uriPath, .uriQuery, .accept]

    private init(_ message: Message, _ numbers: Set<OptionNumber>) {
        method = message.code
        options = message.options.filter { numbers.contains($0.number) }
    }
}
