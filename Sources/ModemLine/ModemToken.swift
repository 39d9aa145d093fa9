import ATCommands
public import Attestation
import DeviceIdentity
public import Diagnostics

/// What a modem says of itself under its identity key, read and compared, and not verified: that takes the key.
public struct ModemToken: Sendable {
    public let text: String
    public let token: AttestationToken

    /// Asks for an attestation token.
    ///
    /// - Parameter nonce: 16 bytes that are to be in it.
    /// - Throws: ``ToolError`` with `modem-error`, `uuid-mismatch`, `challenge-mismatch`, or as a token's shape has it.
    public static func attestation(
        _ session: ModemSession, of identity: ModemIdentity, nonce: [UInt8]?
    ) throws(ToolError) -> ModemToken {
        let answer = try ModemToken(try session.value(.attestationToken(nonce: nonce)), of: identity)
        guard case .identity = answer.token.content else {
            throw ToolError(.tokenFormat, "expected an attestation token, found another answer of the modem")
        }
        if let nonce, nonce != answer.token.nonce {
            throw ToolError(
                .challengeMismatch, "expected the nonce that was asked for, found another",
                hint: "an answer came late: try again")
        }
        return answer
    }

    init(_ information: String, of identity: ModemIdentity) throws(ToolError) {
        text = ATValues.text(information)
        do throws(TokenError) {
            token = try AttestationToken(Array(text.utf8)[...])
        } catch {
            let failure = error.failure
            throw ToolError(
                failure.code, failure.message, hint: "noise on the line can spoil a token: try again")
        }
        try identity.demandOwn(token)
    }
}
