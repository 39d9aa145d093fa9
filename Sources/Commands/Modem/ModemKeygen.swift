import ArgumentParser
import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import ModemLine
import PKIX

/// `assay modem keygen`
struct ModemKeygen: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Have a modem make a private key and its certification request.",
        discussion: """
            The private key stays in the modem. The result is the modem's answer to AT%KEYGEN, which csr verify and ca \
            issue read: a certification request, or a public key with --public-key, and the device's word for it.

            The modem is taken off line (AT+CFUN=4) and brought back to where it was, also after a failure or an \
            interrupt; one that is off line stays so. A key that the security tag has already is not replaced, unless \
            --overwrite deletes it before, and with it what its certificate is good for. The modem says its answer once: where \
            it was lost, the error says whether there may be a key under the tag.

            EXAMPLES

              assay modem keygen --port /dev/ttyACM0 --sec-tag 16842753 -o device.keygen
              assay modem keygen --port /dev/ttyACM0 --sec-tag 42 --subject CN=sensor-7,O=Example --overwrite
              assay modem keygen --port /dev/ttyACM0 --sec-tag 42 --public-key --json
            """)

    @OptionGroup var tag: ModemTagOptions

    @Option(
        help: .init(
            "The request's name, RFC 4514 or /O=Example/CN=sensor-7; without it the modem takes the device's UUID.",
            valueName: "dn"))
    var subject: String?

    @Option(
        help: .init(
            "The usages asked for: nine characters 0 or 1, digitalSignature first.", valueName: "bits"))
    var keyUsage: String?

    @Flag(help: "Ask for the public key alone instead of a request.")
    var publicKey = false

    @Flag(help: "Delete a private key that the security tag has already.")
    var overwrite = false

    @OptionGroup(title: "Port options") var port: ModemPortOptions
    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if let keyUsage {
            let bits = keyUsage.utf8
            guard bits.count == 9, bits.allSatisfy({ 0x30...0x31 ~= $0 }), bits.contains(0x31) else {
                throw ValidationError("--key-usage must be nine characters 0 or 1, at least one of them 1")
            }
        }
        if publicKey, subject != nil || keyUsage != nil {
            throw ValidationError("--public-key has no request that --subject or --key-usage could be about")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let order = try order()
        // Before there is a key that nothing is known of.
        let sink = try file.sink()
        let session = try port.session()
        let identity = try ModemIdentity(of: session)
        let made = try MadeKey(order, replaces: overwrite, session, of: identity)
        do throws(ToolError) {
            try sink.write(
                output.json ? json(made, order.tag, identity) : Array((made.answer.text + "\n").utf8))
            try sink.commit()
        } catch {
            var failure = error
            failure.context.append(.init("key", "was made under security tag \(order.tag)"))
            failure.context += made.leftOffLine?.context.filter { $0.name == "modem" } ?? []
            failure.hint = .replaceStored
            // Whose reader has left is told nothing of it otherwise, and there is a key now that nobody knows of.
            if StandardStream.readerHasLeft { output.console.error(failure) }
            throw failure
        }
        if let failure = made.leftOffLine { throw failure }
        return .done
    }

    private func json(_ made: MadeKey, _ tag: SecTag, _ identity: ModemIdentity) -> [UInt8] {
        var writer = JSONWriter()
        port.write("assay.modem-key/1", identity, made.answer.token.deviceUUID, &writer)
        writer.member("secTag", Int64(tag.rawValue))
        writer.member("kind", ascii: publicKey ? "public-key" : "csr")
        writer.member("keygen", made.answer.text)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private func order() throws(ToolError) -> MadeKey.Order {
        let tag = try tag.tag()
        let name = try name()
        do throws(ToolError) {
            return try MadeKey.Order(
                publicKey ? .publicKey : .certificationRequest, under: tag, subject: name, usage: keyUsage)
        } catch {
            throw ToolError(error.code, "--subject: \(error.message)", hint: error.hint)
        }
    }

    private func name() throws(ToolError) -> DistinguishedName? {
        guard let subject else { return nil }
        do throws(DistinguishedName.TextError) {
            return try DistinguishedName(text: subject)
        } catch {
            throw ToolError(
                .usage, "--subject: \(error.reason.escapedForTerminal)",
                hint: "for example --subject \"CN=sensor-7,O=Example\"")
        }
    }
}
