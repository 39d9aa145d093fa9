import ProvisioningAPI

/// What is sent by the thousand.
package enum BulkWork: Sendable {
    case claims, onboarding

    var sendRoute: Route { self == .claims ? .claim : .onboardDevices }
    var askRoute: Route { self == .claims ? .getDevice : .getOnboardedDevice }
    var purpose: String { self == .claims ? "claim devices" : "onboard devices" }
}
