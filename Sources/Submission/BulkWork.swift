import ProvisioningAPI

/// What is sent by the thousand.
package enum BulkWork: Sendable {
    case claims, onboarding

    var sendRoute: Route { self == .claims ? .claim : .onboardDevices }
    var askRoute: Route { self == .claims ? .getDevice : .getOnboardedDevice }
    var listRoute: Route { self == .claims ? .listDevices : .listOnboardedDevices }
    var purpose: String { self == .claims ? "claim devices" : "onboard devices" }

    /// Whether a device that the service has is the row that was sent. A claim is of the device and nothing else; a device
    /// may have been onboarded before, with another certificate than the row's.
    var isProvenByDevice: Bool { self == .claims }
}
