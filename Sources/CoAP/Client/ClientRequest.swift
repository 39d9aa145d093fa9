/// What a client asks; blocks and tokens are the endpoint's business.
public struct ClientRequest: Sendable, Equatable {
    public let method: Code
    public let body: [UInt8]
    public let isConfirmable: Bool
    /// Without those of blocks.
    let options: [MessageOption]

    /// nil for a part of path or query of more than 255 octets.
    public init?(
        _ method: Code, path: [String], query: [String] = [], contentFormat: ContentFormat? = nil,
        accept: ContentFormat? = nil, body: [UInt8] = [], isConfirmable: Bool = true
    ) {
        var options: [MessageOption] = []
        for (number, texts) in [(OptionNumber.uriPath, path), (.uriQuery, query)] {
            for text in texts {
                guard text.utf8.count <= 255 else { return nil }
                options.append(MessageOption(number, unchecked: Array(text.utf8)))
            }
        }
        if let contentFormat {
            options.append(MessageOption(.contentFormat, UInt32(contentFormat.rawValue)))
        }
        if let accept { options.append(MessageOption(.accept, UInt32(accept.rawValue))) }
        self.method = method
        self.body = body
        self.isConfirmable = isConfirmable
        self.options = options
    }
}
