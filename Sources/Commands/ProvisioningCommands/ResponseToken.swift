import Attestation
import DeviceIdentity
import Intake

/// The token in the text of a response, which is the modem's whole answer: information lines, quotation marks, `OK`.
struct ResponseToken: Sendable {
    let text: String
    /// `attestation`, `csr` or `publicKey`; nil for what stands in a token's place and is none.
    let kind: String?
    let deviceUUID: String?
    let secTag: UInt32?
    /// Whether it can claim the device: an attestation token, or what may be a damaged one.
    let isCredential: Bool

    private static let attestationMarker = Array("%ATTESTTOKEN:".utf8)
    /// How every attestation token begins.
    private static let attestationStart = Array("2dn3hQFQ".utf8)

    /// Nil when the text holds no token.
    init?(in message: [UInt8]) {
        let marked = ModemLog.token(in: message[...])
        let quoted = message.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
            .enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
        let candidates = [marked].compactMap { $0 } + quoted + [message[...].trimmed]
        let found = candidates.lazy.compactMap { text in
            (try? AttestationToken(text)).map { (text: text, token: $0) }
        }.first
        let isMarked =
            message[...].end(of: Self.attestationMarker) != nil
            || message[...].end(of: Self.attestationStart) != nil
        guard let text = found?.text ?? marked ?? (isMarked ? message[...] : nil) else { return nil }
        self.text = String(decoding: text, as: UTF8.self)
        deviceUUID = found?.token.deviceUUID.description
        secTag = found?.token.keyMessage?.secTag.rawValue
        switch found?.token.content {
        case .identity: kind = "attestation"
        case .certificationRequest: kind = "csr"
        case .publicKey: kind = "publicKey"
        case nil: kind = nil
        }
        isCredential = kind == "attestation" || isMarked
    }
}
