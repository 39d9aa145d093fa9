/// What a request asks of the service: one case a row of ``RoutingTable``.
package enum Route: String, CaseIterable, Sendable {
    // Claimed devices
    case claim, bulkClaim, listDevices, getDevice, unclaim, setTags, block, unblock
    // Commands of one device
    case listCommands, addCommand, getCommand, updateCommand, deleteCommand, skipCommand, retryCommand
    // What a device would get and why it stands where it stands
    case lookAhead, diagnose, listEvents
    // Rules and groups
    case createRule, listRules, getRule, changeRule, deleteRule, activateRule, createTag, listTags
    // Bulk operations, the identity service, the account
    case listBulkOperations, getBulkOperation, getBulkErrors, verifyAttestationTokens, verifyJWTs, getAccount
    // The neighbouring device API, as far as onboarding needs it
    case onboardDevices, listOnboardedDevices, getOnboardedDevice, removeOnboardedDevice
    // The device's side
    case fetchCommands, reportResponses

    /// Who speaks there: operators with an API key, or devices with a JWT of their identity key.
    package var isDeviceSide: Bool {
        switch self {
        case .fetchCommands, .reportResponses: true
        default: false
        }
    }
}
