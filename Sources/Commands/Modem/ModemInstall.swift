import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import ModemLine

/// `assay modem install`
struct ModemInstall: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Write credentials to a modem and read their digests back.",
        discussion: """
            Each file is told by its content: certificates of CAs, the device's own certificate, a private key. It is \
            written with AT%CMNG=0 as PEM with LF line ends, and the SHA-256 that the modem lists (AT%CMNG=1) is \
            compared with that of the text. How modems make the digest of a private key is not published, so of a key \
            it is only said whether it is the same, and that none was listed before one was written.

            What is there already is not written again (present), so the command can be repeated. Something else that is \
            there is refused before anything is written; --overwrite deletes it. A failure says what was deleted and written \
            before. The modem is taken off line for writing \
            and brought back to where it was, also after a failure or an interrupt; one that is off line stays so. Private \
            keys are never printed.

            EXAMPLES

              assay modem install --port /dev/ttyACM0 --sec-tag 16842753 AmazonRootCA1.pem device.crt
              assay modem install --port /dev/ttyACM0 --sec-tag 42 --overwrite --json device.crt
              assay modem install --port /dev/ttyACM0 --sec-tag 43 --psk-file psk.txt --psk-identity nrf-1
            """)

    @Argument(
        help: .init("Certificates and private keys in PEM, or - for standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup var tag: ModemTagOptions

    @Option(
        help: .init(
            "A file with a pre-shared key in hexadecimal digits, or - for standard input.", valueName: "file")
    )
    var pskFile: String?

    @Option(help: .init("The identity of the pre-shared key.", valueName: "text"))
    var pskIdentity: String?

    @Flag(help: "Delete what the security tag has in the same place.")
    var overwrite = false

    @OptionGroup(title: "Port options") var port: ModemPortOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        guard !files.isEmpty || pskFile != nil || pskIdentity != nil else {
            throw ValidationError("expected at least one file of a credential")
        }
        guard (files + [pskFile].compactMap { $0 }).count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("standard input can be read once")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let tag = try tag.tag()
        let credentials = try credentials()
        let session = try port.session()
        let identity = try ModemIdentity(of: session)
        let installation = try CredentialInstallation(
            credentials, under: tag, replaces: overwrite, session)
        try StandardStream.output().write(
            output.json ? json(installation, tag, identity) : text(installation, tag))
        if let failure = installation.leftOffLine { throw failure }
        return .done
    }

    private func credentials() throws(ToolError) -> [BenchCredential] {
        var credentials: [BenchCredential] = []
        for path in files {
            let bytes = try SourceReader.contents(
                of: path, for: Expectation(.pem, "certificates or a private key in PEM"), limit: 1 << 20)
            credentials.append(try BenchCredential(pem: bytes, source: path))
        }
        if let pskFile {
            let line = try SecretInput.firstLine(ofFile: pskFile)
            credentials.append(
                try BenchCredential(
                    .preSharedKey, text: String(decoding: line, as: UTF8.self), source: "--psk-file"))
        }
        if let pskIdentity {
            credentials.append(try BenchCredential(.keyIdentity, text: pskIdentity, source: "--psk-identity"))
        }
        var places: [CredentialKind: String] = [:]
        for credential in credentials {
            guard let other = places.updateValue(credential.source, forKey: credential.kind) else { continue }
            throw ToolError(
                .usage, "expected one \(credential.kind.name) for a security tag, found two",
                context: [
                    .init("file", other.escapedForTerminal),
                    .init("other", credential.source.escapedForTerminal),
                ],
                hint: "certificates of several CAs belong in one file")
        }
        return credentials
    }

    private func json(
        _ installation: CredentialInstallation, _ tag: SecTag, _ identity: ModemIdentity
    ) -> [UInt8] {
        var writer = JSONWriter()
        port.write("assay.modem-install/1", identity, identity.uuid, &writer)
        writer.member("secTag", Int64(tag.rawValue))
        writer.key("credentials")
        writer.beginArray()
        for entry in installation.entries {
            writer.beginObject()
            writer.member("file", entry.credential.source)
            writer.member("kind", ascii: entry.credential.kind.name)
            writer.member("type", Int64(entry.credential.kind.rawValue))
            writer.member("status", entry.status.rawValue)
            writer.member("sha256", hex: entry.digest)
            writer.member("verified", entry.isVerified)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private func text(_ installation: CredentialInstallation, _ tag: SecTag) -> [UInt8] {
        let lines = installation.entries.map { entry in
            let digest = entry.isVerified ? Hex.encode(entry.digest) : "digest not comparable"
            return
                "\(entry.credential.source.escapedForTerminal): \(entry.credential.kind.name) \(entry.status.rawValue) "
                + "under \(tag), \(digest)\n"
        }
        return Array(lines.joined().utf8)
    }
}
