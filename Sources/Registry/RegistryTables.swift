package import DeviceIdentity

/// What the rules of a registry ask of the tables below them, all of it inside one transaction.
///
/// A table engine keeps rows and finds them; what follows from them is said by ``RegistryRules`` alone.
package protocol RegistryTables {
    associatedtype Failure: Error

    func record(of device: DeviceUUID) throws(Failure) -> DeviceRecord?
    /// The devices whose IMEI has these first 14 digits.
    func owners(ofIMEISerial serial: Int64) throws(Failure) -> [DeviceUUID]
    /// Whether a token, by its SHA-256, is kept for the device.
    func hasToken(_ digest: [UInt8], of device: DeviceUUID) throws(Failure) -> Bool
    /// Whether this very observation was made before.
    func hasObservation(_ digest: [UInt8], of device: DeviceUUID) throws(Failure) -> Bool
    /// Other observations of the device that wait for their key and have the x of a possible one in common with this one,
    /// at most ``RegistryRules/guiseLimit`` for each x.
    func pending(like observation: Observation) throws(Failure) -> [Observation]
}
