public import ATCommands
public import Attestation
public import DeviceIdentity
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

    /// Makes a key under `tag`.
    ///
    /// - Parameter replaces: whether a key that is there is deleted before.
    /// - Throws: ``ToolError`` with `would-overwrite`, `modem-error`, `uuid-mismatch`, `sec-tag`, `digest`, or as a token's shape has it.
    public static func generateKey(
        _ request: ATRequest, under tag: SecTag, replaces: Bool, _ session: ModemSession,
        of identity: ModemIdentity
    ) throws(ToolError) -> ModemToken {
        let isTaken = try StoredCredentials(session, under: tag).digest(of: .privateKey, under: tag) != nil
        guard !isTaken || replaces else {
            throw ToolError(
                .wouldOverwrite, "security tag \(tag) has a private key already", hint: .replaceStored)
        }
        let text = try session.offline { () throws(ToolError) in
            if isTaken { _ = try session.ask(.deleteCredential(.privateKey, under: tag)) }
            return try session.value(request)
        }
        let answer = try ModemToken(text, of: identity)
        guard let message = answer.token.keyMessage else {
            throw ToolError(
                .tokenFormat, "expected the answer to AT%KEYGEN, found another answer of the modem")
        }
        guard message.secTag == tag else {
            throw ToolError(
                .secTag, "expected the answer for security tag \(tag), found one for \(message.secTag)",
                hint: "an answer came late: try again")
        }
        guard message.digest == answer.token.actualDigest else {
            throw ToolError(
                .digest, "expected the digest of what the modem made, found another",
                hint: "noise on the line spoilt the answer: have it written again")
        }
        return answer
    }

    private init(_ information: String, of identity: ModemIdentity) throws(ToolError) {
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
