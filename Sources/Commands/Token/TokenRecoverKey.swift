import ArgumentParser
import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import OpenSSL

/// `assay token recover-key`
struct TokenRecoverKey: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover-key",
        abstract: "Find the identity key common to two or more outputs of one device.",
        discussion: """
            An ECDSA signature over a known message leaves two candidate public keys; the key common to several \
            signatures made them all. This proves that one signer made these outputs. It does not prove that the \
            signer is a genuine part: anybody can make a key and sign with it. A recovered key is therefore \
            observed, never trusted; trust needs the key from whoever made or registered the device.

            EXAMPLES

              assay token recover-key first.txt second.txt
            """)

    @OptionGroup var input: TokenInputOptions
    @OptionGroup(title: "Output options") var output: OutputOptions
    @OptionGroup(title: "Output options") var file: FileOptions

    /// All are held at once, and two decide; the bound keeps a wrong file from being read for hours.
    private static let limit = 10_000

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let tokens = try readTokens()
        if Interruption.requested { return .interrupted }
        guard !tokens.isEmpty else {
            throw ToolError(.tokenFormat, "expected two or more tokens, found none in the input")
        }
        for (index, token) in tokens.enumerated() {
            if let message = token.keyMessage, message.digest != token.actualDigest {
                console.note(
                    "assay: note: token \(index + 1): the attested digest is not that of the first part")
            }
        }
        switch try outcome(tokens) {
        case .recovered(let key):
            let sink = try file.sink()
            try sink.write(output.json ? json(key) : text(key))
            try sink.commit()
            return .done
        case .rejected(let failures):
            for failure in failures { console.error(ToolError(failure.code, failure.message)) }
            return .rejected
        }
    }

    private func outcome(_ tokens: [AttestationToken]) throws -> KeyRecovery.Outcome {
        do {
            return try KeyRecovery.recover(tokens)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    private func readTokens() throws -> [AttestationToken] {
        var stream = input.stream
        var tokens: [AttestationToken] = []
        var failure: ToolError?
        while let chunk = stream.next(.awaited).value, failure == nil {
            if case .unreadable(let error) = chunk.content { throw error }
            chunk.forEachItem { item in
                let place = "\(chunk.source.text.escapedForTerminal):\(item.line)"
                guard tokens.count < Self.limit else {
                    failure = ToolError(.usage, "expected at most \(Self.limit) tokens, found more")
                        .at("file", place)
                    return false
                }
                do {
                    let token = try AttestationToken(try item.text.get(), base64: input.base64)
                    if let device = try item.uuid?.get(), device != token.deviceUUID {
                        throw RowError(
                            .uuidMismatch,
                            "the row is for device \(device), its token is of \(token.deviceUUID)")
                    }
                    tokens.append(token)
                    return true
                } catch let error as TokenError {
                    failure = ToolError(error.code, error.message).at("file", place)
                } catch let error as RowError {
                    failure = ToolError(error.failure.code, error.failure.message).at("file", place)
                } catch {
                    failure = ToolError(.internalFault, "unexpected error").at("file", place)
                }
                return false
            }
        }
        if let failure { throw failure }
        return tokens
    }

    private func json(_ key: KeyRecovery.RecoveredKey) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.recovered-key/1")
        writer.member("deviceUuid", key.deviceUUID.description)
        writer.member("profile", key.profile.rawValue)
        writer.member("publicKeyPem", PEMText.publicKey(key.publicKey.spki))
        writer.member("kid", hex: key.publicKey.kid)
        writer.member("signatures", Int64(key.signatures))
        writer.member("trust", KeyTrust.observed.rawValue)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private func text(_ key: KeyRecovery.RecoveredKey) -> [UInt8] {
        var block = TextBlock()
        block.line("device UUID", key.deviceUUID.description)
        block.line("profile", key.profile.rawValue)
        block.line("kid", Hex.encode(key.publicKey.kid))
        block.line("signatures", String(key.signatures))
        block.line("trust", "observed: one signer made them all; not proof of a genuine part")
        return block.bytes + Array(PEMText.publicKey(key.publicKey.spki).utf8)
    }
}
