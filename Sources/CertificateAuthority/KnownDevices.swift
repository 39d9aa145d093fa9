public import DeviceIdentity
public import Diagnostics

/// What a registry knows of devices besides their keys: which there are, and whose IMEI is whose.
public protocol KnownDevices: AnyObject {
    /// Runs `body`, in which all asking sees one state of the registry.
    func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value
    func isKnown(_ device: DeviceUUID) throws(ToolError) -> Bool
    /// The registered IMEI; `nil` for a device without one.
    func imei(of device: DeviceUUID) throws(ToolError) -> IMEI?
    /// The devices whose registered IMEI has these first 14 digits; more than one only in old registries.
    func devices(withIMEISerial serial: Int64) throws(ToolError) -> [DeviceUUID]
}
