package import DeviceIdentity

/// A device that has proven who it is by a JWT of its identity key; only the service makes one.
///
/// It says nothing of the claim, which may end at any time: each request looks for it.
package struct AuthenticatedDevice: Sendable, Equatable {
    package let uuid: DeviceUUID

    init(verified uuid: DeviceUUID) { self.uuid = uuid }
}
