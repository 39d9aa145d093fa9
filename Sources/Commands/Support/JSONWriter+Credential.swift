import DeviceIdentity
import JSON

extension JSONWriter {
    /// What a modem says of one credential, the same whether it was asked or its answer was read from a file.
    ///
    /// - Parameter type: by the numbers of `%CMNG`; newer firmware may have others than ``CredentialKind``.
    mutating func credential(_ secTag: SecTag, type: UInt32, digest: [UInt8]) {
        beginObject()
        member("secTag", Int64(secTag.rawValue))
        member("type", Int64(type))
        if let kind = CredentialKind(rawValue: type) { member("kind", ascii: kind.name) }
        member("sha256", hex: digest)
        endObject()
    }
}
