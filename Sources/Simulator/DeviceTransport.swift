/// Carries one request of a device to the service and back.
public protocol DeviceTransport: Sendable {
    /// The answer, whatever becomes of the request.
    ///
    /// - Parameters:
    ///   - jwt: a fresh one for each request.
    ///   - profile: how the client of this device asks, and what it has room for.
    func exchange(_ request: DeviceRequest, jwt: String, profile: ClientProfile) async -> ServiceAnswer
}
