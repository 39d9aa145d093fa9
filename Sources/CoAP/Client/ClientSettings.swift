/// How a client asks, and what it has room for.
public struct ClientSettings: Sendable, Equatable {
    /// Octets of a body from which it is sent in blocks, and the blocks that are asked for.
    public var blockSize = BlockOption.Size.octets512
    /// Whether the first request says which blocks the answer should have.
    public var proposesBlocks = true
    /// Octets of header, token, options and marker for which there is room beside a block; a longer datagram is cut, so
    /// its body is spoilt.
    public var headerRoom = 48
    /// Octets of an answer's body, of one block or of many.
    public var body = 16 << 10
    /// Milliseconds for a request with all its blocks.
    public var timeout: UInt64 = 30_000
    /// Milliseconds from an acknowledgement to its answer.
    public var separateTimeout: UInt64 = 6_000

    public init() {}
}
