import DeviceIdentity
import JSON
import ProvisioningAPI
import ProvisioningState
import Registry
import ServiceStore
import Store

extension ProvisioningService {
    /// One operator's request, by its route.
    func handle(_ route: Route, _ context: RequestContext) throws -> ServiceResponse {
        switch route {
        case .claim: try claim(context)
        case .getDevice: try getDevice(context)
        case .listCommands: try listCommands(context)
        case .addCommand: try addCommand(context)
        case .getCommand: try getCommand(context)
        case .getAccount: getAccount(context)
        case .bulkClaim: try claimInBulk(context)
        case .listDevices: try listDevices(context)
        case .unclaim: try unclaim(context)
        case .setTags: try setTags(context)
        case .block: try setBlock(context, true)
        case .unblock: try setBlock(context, false)
        case .updateCommand: try updateCommand(context)
        case .deleteCommand: try deleteCommand(context)
        case .skipCommand: try skipCommand(context)
        case .retryCommand: try retryCommand(context)
        case .lookAhead: try lookAhead(context)
        case .diagnose: try diagnose(context)
        case .listEvents: try listEvents(context)
        case .createRule: try createRule(context)
        case .listRules: try listRules(context)
        case .getRule: try getRule(context)
        case .changeRule: try changeRule(context)
        case .deleteRule: try deleteRule(context)
        case .activateRule: try activateRule(context)
        case .createTag: try createTag(context)
        case .listTags: try listTags(context)
        case .listBulkOperations: try listBulkOperations(context)
        case .getBulkOperation: try getBulkOperation(context)
        case .getBulkErrors: try getBulkErrors(context.parameter(0))
        case .onboardDevices: try onboardDevices(context)
        case .listOnboardedDevices: try listOnboardedDevices(context)
        case .getOnboardedDevice: try getOnboardedDevice(context)
        case .removeOnboardedDevice: try removeOnboardedDevice(context)
        case .verifyAttestationTokens: try verifyAttestationTokens(context)
        case .verifyJWTs: try verifyJWTs(context)
        case .fetchCommands, .reportResponses: throw Refusal(404, "path-unknown", "there is no such path")
        }
    }

    private func getAccount(_ context: RequestContext) -> ServiceResponse {
        ServiceResponse(
            json: .object([
                "team": .object([
                    "tenantId": .string(context.key.team), "name": .string(context.key.teamName),
                ]), "role": .string(context.key.role.rawValue),
            ]))
    }

    // MARK: Devices

    /// The roles under which a device was claimed that the asker may see.
    static func visibleRoles(to role: Role) -> [Role] {
        role >= .admin ? Role.allCases : Role.allCases.filter { $0 <= .editor }
    }

    /// The device in the path.
    func device(_ context: RequestContext) throws -> DeviceUUID {
        guard let device = try? DeviceUUID(text: context.parameter(0)) else { throw Refusal.unknownDevice }
        return device
    }

    /// The claim of a device, if it is one of the asker's team that the asker may see.
    static func claim(
        of device: DeviceUUID, _ context: RequestContext, _ tables: ServiceTables
    ) throws -> ClaimRow {
        guard let claim = try tables.claim(of: device), claim.team == context.key.team,
            visibleRoles(to: context.key.role).contains(claim.claimedRole)
        else { throw Refusal.unknownDevice }
        return claim
    }

    func resource(_ claim: ClaimRow, tags: [String]) throws -> DeviceResource {
        DeviceResource(
            id: claim.device.description, deviceType: DeviceResource.typeName(claim.deviceType),
            firmwareId: claim.firmware.description,
            imei: try registry.device(claim.device)?.imei?.description, ownerId: claim.team, tags: tags,
            status: claim.status.rawValue, claimedAt: ServiceTime.text(claim.claimedAt),
            lastSeenAt: claim.lastSeenAt.map(ServiceTime.text))
    }

    func getDevice(_ context: RequestContext) throws -> ServiceResponse {
        let device = try device(context)
        let (claim, tags) = try store.read { tables in
            let claim = try Self.claim(of: device, context, tables)
            return (claim, try tables.tags(ofClaim: claim.number))
        }
        return ServiceResponse(json: try resource(claim, tags: tags).json)
    }
}
