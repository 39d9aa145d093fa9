public import DeviceIdentity
import Diagnostics

/// The COSE payload of a `%KEYGEN` answer: which key was made, attested by the identity key.
///
/// ```
/// #6.55799([ type: 8 / 9, device UUID: bstr .size 16, bstr .cbor int ; security tag
///            digest: bstr .size 32 ; SHA-256 of the first part, nonce: bstr .size 16 ])
/// ```
public struct KeyMessage: Sendable, Equatable {
    /// What the first part is, by the message type.
    public enum Subject: UInt64, Sendable {
        case publicKey = 8
        case certificationRequest = 9
    }

    public let subject: Subject
    public let deviceUUID: DeviceUUID
    public let secTag: SecTag
    /// SHA-256 of the first part exactly as the modem sent it, 32 bytes.
    public let digest: [UInt8]
    /// 16 bytes.
    public let nonce: [UInt8]

    init(_ bytes: [UInt8], range: Range<Int>) throws(TokenError) {
        var reader = MessageReader(bytes, range: range, name: "key message")
        try reader.expectArray(of: 5)
        let type = try reader.unsigned()
        guard let subject = Subject(rawValue: type) else {
            throw TokenError(
                .tokenFormat, "key message: expected message type 8 (public key) or 9 (CSR), found \(type)")
        }
        self.subject = subject
        deviceUUID = try reader.uuid("device UUID")
        secTag = SecTag(try reader.nestedTag("security tag"))
        digest = Array(bytes[try reader.byteString(count: 32, "digest")])
        nonce = Array(bytes[try reader.byteString(count: 16, "nonce")])
        try reader.expectEnd()
    }
}
