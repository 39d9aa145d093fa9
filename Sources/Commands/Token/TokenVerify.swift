import ArgumentParser
import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput

/// `assay token verify`
struct TokenVerify: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Decode tokens and verify them under their devices' identity keys.",
        discussion: """
            Checks structure, algorithm (ES256, from the protected header alone), key id, signature (bound or plain \
            profile), the digest of a key-generation output, the CSR's own signature, the device UUIDs and, where \
            one was sent, the challenge. Exit status 0: verified. 1: rejected. 4: malformed. 3: some of several.
            """)

    @OptionGroup var input: TokenInputOptions

    @Option(help: .init("The identity key of the device, a public key in PEM.", valueName: "pem"))
    var key: String?

    @Option(
        help: .init(
            "Identity keys of many devices: CSV of device UUID and base64 SubjectPublicKeyInfo.", valueName: "csv"))
    var keys: String?

    @Option(help: .init("The challenge that was sent with AT%ATTESTTOKEN, 32 hex digits.", valueName: "hex"))
    var challenge: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var batch: BatchOptions

    @Flag(help: "Print the tokens themselves too; a token is a claim credential.")
    var reveal = false

    func validate() throws {
        guard (key == nil) != (keys == nil) else {
            throw ValidationError("expected one of --key and --keys, found \(key == nil ? "none" : "both")")
        }
        if let challenge, Hex.decode(challenge)?.count != 16 {
            throw ValidationError("--challenge must be 32 hex digits (16 bytes)")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let source =
            if let key { try KeySource.single(path: key) } else { try KeySource.table(path: keys ?? "") }
        let policy = AttestationPolicy(challenge: challenge.flatMap { Hex.decode($0) })
        let run = TokenRun(
            mode: .verify(source, policy), base64: input.base64, json: output.json, reveal: reveal,
            jobs: batch.jobs ?? environment.defaultJobs, failFast: batch.failFast)
        let console = output.console
        let sink = try file.sink()
        let tally = try run.run(
            TokenStream(input.sources, format: input.format.format), to: sink, console: console)
        try sink.commit()
        console.note(tally.summary(unit: "token", good: "verified"))
        return tally.exitStatus
    }
}
