import DeviceIdentity

/// Whether simulated devices may get certificates. Whoever knows their seed has their keys, so that a CA which real
/// servers trust says no.
public enum SimulatedDeviceRule: String, Sendable, CaseIterable {
    case accept
    case refuse

    /// Whether a request that names these devices, by a token or in its subject, has to be turned down.
    func refuses(_ devices: [DeviceUUID]) -> Bool {
        self == .refuse && devices.contains(where: \.isSimulated)
    }
}
