import ProvisioningAPI

/// Devices over HTTP: each request authenticates itself by a JWT of its own.
extension ProvisioningService {
    /// A device's request; any other path is unknown here.
    package func respondToDevice(_ request: ServiceRequest) -> ServiceResponse {
        let response: ServiceResponse
        var name = "unknown"
        switch RoutingTable.match(method: request.method, path: request.path) {
        case .found(let route, _) where route.isDeviceSide:
            name = route.rawValue
            response = answerDevice(route, request)
        case .otherMethods(let methods) where RoutingTable.isDevicePath(request.path):
            // RFC 9110 section 15.5.6. No device asks so: its head may be as long as it likes.
            response = ServiceResponse(
                status: 405, headers: [(name: "Allow", value: methods.joined(separator: ", "))])
        default: response = ServiceResponse(status: 404)
        }
        metrics.count(name, response.status)
        return response
    }

    private func answerDevice(_ route: Route, _ request: ServiceRequest) -> ServiceResponse {
        let result = guardedForDevice { () throws -> ServiceResponse in
            let time = self.configuration.clock()
            let device = try self.authenticate(request, at: time)
            switch route {
            case .fetchCommands:
                let query = try DeviceQuery(request.query, headSize: self.configuration.deviceHeadLimit)
                guard let body = try self.fetch(device, query, at: time) else {
                    return ServiceResponse(status: 204)
                }
                return ServiceResponse(status: 200, contentType: "application/cbor", body: body)
            default:
                let type = request.header("Content-Type")?.lowercased()
                guard type == nil || type?.hasPrefix("application/cbor") == true || type == "*/*" else {
                    throw DeviceRefusal.badFormat
                }
                try self.report(device, request.body, at: time)
                // To a report nothing but 200 is success.
                return ServiceResponse(status: 200)
            }
        }
        switch result {
        case .success(let response): return response
        case .failure(let refusal): return ServiceResponse(status: refusal.status)
        }
    }

    private func authenticate(_ request: ServiceRequest, at time: Int64) throws -> AuthenticatedDevice {
        let prefix = "Bearer "
        guard let header = request.header("Authorization"),
            header.lowercased().hasPrefix(prefix.lowercased())
        else { throw DeviceRefusal.badCredentials }
        return try authenticateDevice(jwt: Array(header.utf8.dropFirst(prefix.utf8.count)), at: time)
    }
}
