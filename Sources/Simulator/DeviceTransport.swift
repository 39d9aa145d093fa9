/// Carries what devices ask to the service and back.
public protocol DeviceTransport: Sendable {
    /// The rules by which devices use it.
    var manners: TransportManners { get }

    /// One device's way to the service.
    ///
    /// - Parameters:
    ///   - profile: how the client of this device asks, and what it has room for.
    ///   - firmwareName: of its modem, whole.
    func line(profile: ClientProfile, firmwareName: String) -> any DeviceLine

    /// Ends its threads; nothing can be asked afterwards.
    func shutDown() async
}

/// One device's way to the service; nobody asks it for two things at once.
public protocol DeviceLine: Sendable {
    /// The answer, whatever becomes of the request.
    ///
    /// - Parameter jwt: a fresh one for each request, or the run's where ``TransportManners/tokenLastsForRun``.
    func exchange(_ request: DeviceRequest, jwt: String) async -> ServiceAnswer

    /// The device's run is over, and with it what still is open.
    func endRun() async
}

/// What the device library does otherwise over one transport than over another.
public struct TransportManners: Sendable, Equatable {
    /// Whether one JWT serves a whole run.
    public let tokenLastsForRun: Bool
    /// Whether the next fetch comes at once after a report that failed; the run ends otherwise.
    public let goesOnAfterLostReport: Bool

    /// A connection and a JWT for each request.
    public static let http = TransportManners(tokenLastsForRun: false, goesOnAfterLostReport: true)
    /// Sessions that outlive requests.
    public static let coap = TransportManners(tokenLastsForRun: true, goesOnAfterLostReport: false)
}
