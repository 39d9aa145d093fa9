import ArgumentParser
import Diagnostics
import InputOutput
import Intake

/// `assay token inspect`
struct TokenInspect: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Decode tokens without verifying them.",
        discussion: """
            Prints what each token says: device, kind, security tag, nonce, whether the attested digest is that of \
            the first part. Nothing of it is verified. Takes attestation tokens (%ATTESTTOKEN) and key-generation \
            outputs (%KEYGEN), as arguments, lines, CSV (imei,uuid,token,time) or modem logs.

            EXAMPLES

              assay token inspect token.txt
              assay token inspect --json modem.log
            """)

    @OptionGroup var input: TokenInputOptions
    @OptionGroup(title: "Output options") var run: RunOptions

    @Flag(help: "Print the tokens themselves too; a token is a claim credential.")
    var reveal = false

    func run(in environment: Environment) throws -> ExitStatus {
        let (base64, reveal) = (input.base64, reveal)
        return try run.run(
            .token, good: "decoded", input.stream, in: environment,
            // What --reveal shows is a claim credential.
            mode: reveal ? .ownerOnly : .shared, remark: TokenInputOptions.paddingRemark
        ) { () throws(ToolError) in
            try TokenJudge(.inspect, base64: base64, reveals: reveal)
        }
    }
}
