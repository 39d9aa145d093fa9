import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import JWT
import Keys
import OpenSSL

/// `assay jwt sign`
struct JWTSign: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a JWT with ES256.",
        discussion: """
            Makes service (proxy) tokens for nRF Cloud, for example --kid none --audience TEAM --expires-in 30d, and \
            with --device tokens of a device's shape for rehearsals: iss and jti name a chip, and the texts end in \
            spaces as a modem's do. Without --expires-in a token has neither iat nor exp. Whoever has the token can \
            use it; with -o the file is readable by its owner only.

            EXAMPLES

              assay jwt sign --key device.key --issuer nRF9160.50363154-3931-44f0-8022-121b6401627d --expires-in 10m
            """)

    @Option(help: .init("The private key, P-256, in PEM.", valueName: "pem"))
    var key: String

    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions

    @Option(
        help: .init(
            "What the header says of the key: auto (SHA-256 of the public key in hex), none, or this text.",
            valueName: "text"))
    var kid = "auto"

    @Option(
        help: .init(
            "The iss claim; with --device \(JWTDraft.defaultChip).UUID by default.", valueName: "text"))
    var issuer: String?

    @Option(help: .init("The sub claim.", valueName: "text"))
    var subject: String?

    @Option(help: .init("The aud claim; several make an array.", valueName: "text"))
    var audience: [String] = []

    @Option(
        help: .init(
            "A further claim: NAME=VALUE, where VALUE is JSON, or else a string. Several are allowed.",
            valueName: "claim"))
    var claim: [String] = []

    @Option(help: .init("The lifetime, for iat and exp: 90s, 10m, 2h, 30d.", valueName: "span"))
    var expiresIn: DurationArgument?

    @Option(help: .init("Make the token look like this device's.", valueName: "uuid"))
    var device: String?

    @OptionGroup var moment: MomentOption

    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        try JWTPolicyOptions.check(device: device)
        if let expiresIn, expiresIn.seconds == 0 {
            throw ValidationError(
                "--expires-in must be at least 1s; leave it out for a token that never expires")
        }
        for text in claim where Self.member(text) == nil {
            throw ValidationError("--claim must be NAME=VALUE, found '\(text.escapedForTerminal)'")
        }
        if key == "-", passphrase.source.usesStandardInput {
            throw ValidationError("key and passphrase cannot both come from standard input")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let privateKey = try KeyFile.open(try KeyReference(key), passphrase.source)
        let random: [UInt8]
        do {
            random = try RandomBytes.make(32)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        let draft = draft
        let signed = try draft.sign(privateKey, now: moment.seconds(orNow: environment.now), random: random)
        let sink = try file.sink(mode: .ownerOnly)
        try sink.write(output.json ? json(signed, draft.device, privateKey) : signed.text + [0x0a])
        try sink.commit()
        if signed.claims["exp"] == nil {
            console.note("assay: note: the token never expires; --expires-in sets a lifetime")
        }
        return .done
    }

    private var draft: JWTDraft {
        var draft = JWTDraft()
        switch kid {
        case "auto": draft.keyID = .automatic
        case "none": draft.keyID = .none
        default: draft.keyID = .text(kid)
        }
        draft.issuer = issuer
        draft.subject = subject
        draft.audiences = audience
        draft.device = device.flatMap { try? DeviceUUID(text: $0) }
        draft.lifetime = expiresIn?.seconds
        draft.claims = claim.compactMap { Self.member($0) }
        return draft
    }

    /// `NAME=VALUE`; `nil` without a name or without the equals sign.
    private static func member(_ text: String) -> JSONObject.Member? {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else {
            return nil
        }
        let value = String(text[text.utf8.index(after: equals)...])
        let json = try? JSONValue(parsing: Array(value.utf8))
        return JSONObject.Member(String(text[..<equals]), json ?? .string(value))
    }

    private func json(_ signed: JWTDraft.Signed, _ device: DeviceUUID?, _ key: PrivateKey) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.jwt/1")
        writer.member("token", asciiBytes: signed.text)
        writer.parts(header: signed.header, claims: signed.claims, device: device)
        writer.key("key")
        writer.beginObject()
        writer.member("kid", hex: key.publicKey.kid)
        writer.endObject()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
