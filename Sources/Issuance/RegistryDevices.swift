package import Attestation
import CertificateAuthority
package import DeviceIdentity
package import Diagnostics
package import Registry

/// The registry of a store, as issuing asks it. One per thread, like the connection below it.
package final class RegistryDevices: KnownDevices, IdentityKeys {
    private let registry: any DeviceRegistry

    package init(_ registry: any DeviceRegistry) { self.registry = registry }

    package func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value {
        try registry.reading(body)
    }

    package func key(for token: AttestationToken) throws(ToolError) -> IdentityKey? {
        try registry.key(of: token.deviceUUID)
    }

    package func isKnown(_ device: DeviceUUID) throws(ToolError) -> Bool {
        try registry.device(device) != nil
    }

    package func imei(of device: DeviceUUID) throws(ToolError) -> IMEI? { try registry.device(device)?.imei }

    package func devices(withIMEISerial serial: Int64) throws(ToolError) -> [DeviceUUID] {
        try registry.devices(withIMEISerial: serial)
    }
}
