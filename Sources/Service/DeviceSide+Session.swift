import ProvisioningAPI
import ServiceStore

/// Devices that authenticate once and then ask, for transports that have sessions.
extension ProvisioningService {
    /// The device whose key signed the JWT, if somebody has claimed it.
    package func authenticate(jwt: [UInt8]) -> Result<AuthenticatedDevice, DeviceRefusal> {
        counted("authenticateDevice", 200) {
            let device = try self.authenticateDevice(jwt: jwt, at: self.configuration.clock())
            guard try self.store.read({ try $0.claim(of: device.uuid) }) != nil else {
                throw DeviceRefusal.unclaimed
            }
            return device
        }
    }

    /// The CBOR of the commands that are handed out now; nil for none.
    package func fetch(
        _ device: AuthenticatedDevice, path: [String], query: [String]
    ) -> Result<[UInt8]?, DeviceRefusal> {
        counted(Route.fetchCommands.rawValue, 200) {
            try self.fetch(
                device, try DeviceQuery(path: path, query: query), at: self.configuration.clock())
        }
    }

    /// Keeps what became of commands; returns when it is on disk.
    package func report(_ device: AuthenticatedDevice, _ body: [UInt8]) -> Result<Void, DeviceRefusal> {
        counted(Route.reportResponses.rawValue, 200) {
            try self.report(device, body, at: self.configuration.clock())
        }
    }

    /// Counts by the status that HTTP has for it.
    private func counted<Value>(
        _ name: String, _ success: Int, _ body: () throws -> Value
    ) -> Result<Value, DeviceRefusal> {
        let result = guardedForDevice(body)
        switch result {
        case .success: metrics.count(name, success)
        case .failure(let refusal): metrics.count(name, refusal.status)
        }
        return result
    }

    /// What a body makes or refuses; a fault of the service's own is an overload, since only that makes a device come back.
    func guardedForDevice<Value>(_ body: () throws -> Value) -> Result<Value, DeviceRefusal> {
        guard !isShutDown else { return .failure(.overloaded) }
        do { return .success(try body()) } catch let refusal as DeviceRefusal {
            return .failure(refusal)
        } catch {
            note(error)
            return .failure(.overloaded)
        }
    }
}
