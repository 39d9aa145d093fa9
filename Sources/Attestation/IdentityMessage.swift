public import DeviceIdentity
import Diagnostics

/// The first part of an `%ATTESTTOKEN` answer.
///
/// ```
/// #6.55799([ type: 1, device UUID: bstr .size 16, device type: uint,
///            firmware UUID: bstr .size 16, nonce: bstr .size 16 ])
/// ```
public struct IdentityMessage: Sendable, Equatable {
    public let deviceUUID: DeviceUUID
    public let deviceType: DeviceType
    /// The modem firmware's UUID; all zero on an nRF9220 application core.
    public let firmwareUUID: DeviceUUID
    /// 16 random bytes, or the challenge that the caller gave to `AT%ATTESTTOKEN`; nothing tells the two apart.
    public let nonce: [UInt8]

    init(_ bytes: [UInt8]) throws(TokenError) {
        var reader = MessageReader(bytes, range: 0..<bytes.count, name: "identity message")
        try reader.expectArray(of: 5)
        let type = try reader.unsigned()
        guard type == 1 else {
            throw TokenError(.tokenFormat, "identity message: expected message type 1, found \(type)")
        }
        deviceUUID = try reader.uuid("device UUID")
        deviceType = DeviceType(code: try reader.unsigned())
        firmwareUUID = try reader.uuid("firmware UUID")
        nonce = Array(bytes[try reader.byteString(count: 16, "nonce")])
        try reader.expectEnd()
    }
}
