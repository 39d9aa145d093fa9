import DeviceIdentity
import Diagnostics
import OpenSSL

/// UUIDs that name something new.
enum RandomUUID {
    /// A UUID of version 4 (RFC 9562 section 5.4).
    static func make() throws(ToolError) -> DeviceUUID {
        do {
            var bytes = try RandomBytes.make(16)
            bytes[6] = bytes[6] & 0x0f | 0x40
            bytes[8] = bytes[8] & 0x3f | 0x80
            if let uuid = DeviceUUID(bytes: bytes[...]) { return uuid }
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        throw ToolError(.internalFault, "no random UUID")
    }
}
