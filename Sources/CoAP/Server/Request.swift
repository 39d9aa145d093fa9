/// A request with its whole body, however many blocks it came in.
public struct Request: Sendable, Equatable {
    /// What an answer names its request by; counted within a session.
    public struct ID: Sendable, Hashable {
        let number: UInt64
    }

    public let id: ID
    public let method: Code
    /// The parts between slashes.
    public let path: [String]
    /// The parts between ampersands.
    public let query: [String]
    public let contentFormat: ContentFormat?
    public let accept: ContentFormat?
    public let isConfirmable: Bool
    public let body: [UInt8]
}
