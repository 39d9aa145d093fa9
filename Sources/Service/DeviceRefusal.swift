/// Why a device does not get what it asks for, whatever it travelled by.
///
/// The vendor's service is not settled on the first two; clients before NCS 3.2 take both for "not claimed", later ones tell
/// them apart, and the first alone makes them show their attestation token.
package enum DeviceRefusal: Error, Sendable, Equatable {
    /// The device is who it says, but nobody has claimed it; or its key is not known.
    case unclaimed
    /// No credentials, bad ones, or old ones.
    case badCredentials
    case badRequest
    /// The body is of another type.
    case badFormat
    /// Nothing else makes a device try again soon.
    ///
    /// - Parameter retryAfter: seconds, where a transport can say it.
    case overloaded(retryAfter: UInt32)

    /// Of the service's own troubles, whose length nobody knows.
    package static let overloaded = DeviceRefusal.overloaded(retryAfter: 10)

    /// As HTTP says it.
    var status: Int {
        switch self {
        case .unclaimed: 401
        case .badCredentials: 403
        case .badRequest: 400
        case .badFormat: 415
        case .overloaded: 500
        }
    }
}
