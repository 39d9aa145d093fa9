import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Store

/// The registry of a store, as issuing asks it. One per worker, like the connection below it.
final class RegistryDevices: KnownDevices {
    private let registry: any DeviceRegistry

    init(_ registry: any DeviceRegistry) { self.registry = registry }

    /// Runs `body`, in which all asking sees one state of the registry.
    func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value {
        try registry.reading(body)
    }

    func isKnown(_ device: DeviceUUID) throws(ToolError) -> Bool { try registry.device(device) != nil }

    func imei(of device: DeviceUUID) throws(ToolError) -> IMEI? { try registry.device(device)?.imei }

    func devices(withIMEISerial serial: Int64) throws(ToolError) -> [DeviceUUID] {
        try registry.devices(withIMEISerial: serial)
    }
}
