/// The device type of an identity message: a number, with the part's name where it is known.
public struct DeviceType: Hashable, Sendable, CustomStringConvertible {
    public let code: UInt64

    public init(code: UInt64) { self.code = code }

    /// The part, or `Unknown:<n>`.
    ///
    /// Code 3 is SICA by Nordic's own enumeration and cloud; the nRF Cloud utilities print SIAA for it.
    public var description: String {
        switch code {
        case 1: "nRF9160 SIAA"
        case 2: "nRF9160 SIBA"
        case 3: "nRF9160 SICA"
        case 4: "nRF9161 LACA"
        case 5: "nRF9131 LACA"
        case 6: "nRF9151 LACA"
        case 17: "nRF9220"
        default: "Unknown:\(code)"
        }
    }
}
