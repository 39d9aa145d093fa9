/// What a device asks the service, apart from how it travels.
public enum DeviceRequest: Sendable, Equatable {
    /// The commands that wait for the device; `after` is the last it executed.
    case fetch(FetchQuery)
    /// What became of the commands: the CBOR of the responses.
    case report([UInt8])
}

/// The parameters of a fetch.
public struct FetchQuery: Sendable, Equatable {
    public let after: String
    public let receiveLimit: Int
    public let transmitLimit: Int
    public let firmwareVersion: String
    public let libraryVersion: String
    /// `nil` where the library is too old to say.
    public let recordLimit: Int?

    public init(
        after: String, receiveLimit: Int, transmitLimit: Int, firmwareVersion: String, libraryVersion: String,
        recordLimit: Int?
    ) {
        self.after = after
        self.receiveLimit = receiveLimit
        self.transmitLimit = transmitLimit
        self.firmwareVersion = firmwareVersion
        self.libraryVersion = libraryVersion
        self.recordLimit = recordLimit
    }
}

/// What became of a request, apart from how it travelled.
public enum ServiceAnswer: Sendable, Equatable {
    /// A body: HTTP 200, CoAP 2.05 with a payload. It may be empty.
    case content([UInt8])
    /// There is nothing to do, or nothing to say: HTTP 204, CoAP 2.05 without a payload.
    case noContent
    /// A report was taken: HTTP 200, CoAP 2.04.
    case accepted
    /// HTTP 401, CoAP 4.01.
    case unclaimed
    /// HTTP 403, CoAP 4.03.
    case forbidden
    /// HTTP 400, CoAP 4.00.
    case badRequest
    /// HTTP 415, CoAP 4.15.
    case wrongFormat
    /// Try later: HTTP 500, CoAP 5.00 and 5.03. Nothing else means that to a device.
    case overloaded
    /// Any other status.
    case unexpected(String)
    /// The answer does not fit the receive buffer.
    case tooLarge
    /// What came is no answer.
    case malformed(String)
    /// The connection was closed, or nothing came in time.
    case noAnswer(String)
    /// Refused, by the host or in the TLS handshake: to a device it looks like a wrong root certificate.
    case unreachable(String)
    /// Nobody answered while connecting.
    case connectTimedOut
}
