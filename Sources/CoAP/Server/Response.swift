/// What is answered to a request; blocks, ETag and sizes are the endpoint's business.
public struct Response: Sendable, Equatable {
    public var code: Code
    public var contentFormat: ContentFormat?
    /// Seconds; left out, it means 60 to whoever keeps responses.
    public var maxAge: UInt32?
    public var body: [UInt8]

    public init(
        _ code: Code, contentFormat: ContentFormat? = nil, maxAge: UInt32? = nil, body: [UInt8] = []
    ) {
        self.code = code
        self.contentFormat = contentFormat
        self.maxAge = maxAge
        self.body = body
    }
}
