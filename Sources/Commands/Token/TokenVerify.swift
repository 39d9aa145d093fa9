import ArgumentParser
import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import Store

/// `assay token verify`
struct TokenVerify: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Decode tokens and verify them under their devices' identity keys.",
        discussion: """
            Checks structure, algorithm (ES256, from the protected header alone), key id, signature (bound or \
            plain profile), the digest of a key-generation output, the CSR's own signature, the device UUIDs and, \
            where one was sent, the challenge. Keys come from --key, --keys or the store.

            Exit status 0: verified. 1: rejected. 4: malformed. 3: some of several.

            EXAMPLES

              assay token verify --keys keys.csv token.txt
              assay token verify --store devices.db --once --json attestation_tokens.csv
              assay token verify --challenge 00112233445566778899aabbccddeeff token.txt
            """)

    @OptionGroup var input: TokenInputOptions
    @OptionGroup(title: "Key options") var keys: KeyOptions

    @Option(help: .init("The challenge that was sent with AT%ATTESTTOKEN, 32 hex digits.", valueName: "hex"))
    var challenge: String?

    @Flag(help: "Note each verified token's nonce in the store and refuse one that was seen before.")
    var once = false

    @OptionGroup(title: "Output options") var run: RunOptions
    @OptionGroup(title: "Further options") var clock: ClockOptions

    @Flag(help: "Print the tokens themselves too; a token is a claim credential.")
    var reveal = false

    func validate() throws {
        try keys.demandOneReader(inputs: input.usesStandardInput)
        if clock.acceptClock, !once {
            throw ValidationError("--accept-clock is for --once, which enters nonces")
        }
        if let challenge, Hex.decode(challenge)?.count != 16 {
            throw ValidationError("--challenge must be 32 hex digits (16 bytes)")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        guard let source = try keys.source() else {
            throw ToolError(
                .usage, "expected --key, --keys or a store with the devices' identity keys, found none",
                hint: "assay device import fills a store")
        }
        let policy = AttestationPolicy(
            challenge: challenge.flatMap { Hex.decode($0) }, minimumTrust: keys.minimumTrust)
        let nonces = once ? try keys.store.open(.create, run.output.console) : nil
        if let nonces { try clock.check(environment.now, nonces) }
        let (base64, reveal) = (input.base64, reveal)
        return try run.run(
            .token, good: "verified", input.stream, in: environment,
            // What --reveal shows is a claim credential.
            mode: reveal ? .ownerOnly : .shared,
            settlement: nonces.map { NonceSettlement.noting(in: $0, now: environment.now) },
            remark: TokenInputOptions.paddingRemark
        ) { () throws(ToolError) in
            try TokenJudge(.verify(source, policy), base64: base64, reveals: reveal)
        }
    }
}
