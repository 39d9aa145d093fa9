/// What a release of the device library and a build's settings make of CoAP.
public struct CoAPHabits: Sendable, Equatable {
    /// Characters of path and query together; what is longer is cut off (`COAP_CLIENT_MAX_PATH_LENGTH`).
    public var pathLimit = 128
    /// Octets of a payload from which it goes in blocks, and of the blocks that come (`COAP_CLIENT_BLOCK_SIZE`).
    public var blockSize = 512
    /// Whether the first fetch says which blocks the answer should have.
    public var proposesBlocks = true
    /// Whether a request without a payload names a content format as well.
    public var namesFormatAlways = false
    /// Whether the session is to be kept while the modem is off line (`SO_KEEPOPEN`): it is closed after a fetch otherwise.
    public var keepsSession = true

    init(
        pathLimit: Int = 128, proposesBlocks: Bool = true, namesFormatAlways: Bool = false,
        keepsSession: Bool = true
    ) {
        self.pathLimit = pathLimit
        self.proposesBlocks = proposesBlocks
        self.namesFormatAlways = namesFormatAlways
        self.keepsSession = keepsSession
    }
}
