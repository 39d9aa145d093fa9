import ArgumentParser
import Diagnostics
import InputOutput
import Intake

/// `assay csr verify`
struct CSRVerify: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify that whoever made a request holds its private key.",
        discussion: """
            Checks the key (P-256, P-384, P-521, Ed25519, RSA) and the request's own signature; of a %KEYGEN \
            token also that its digest is that of the request. Whether a key is strong enough to be certified is \
            the CA's decision, and that a device vouches for it the matter of assay token verify. Exit status \
            0: verified. 1: rejected. 4: malformed. 3: some of several.

            EXAMPLES

              assay csr verify device.csr
              assay csr verify --json keygen.log
            """)

    @OptionGroup var input: RequestInputOptions
    @OptionGroup(title: "Output options") var run: RunOptions

    func run(in environment: Environment) throws -> ExitStatus {
        try run.run(.request, good: "verified", input.stream, in: environment) { () throws(ToolError) in
            try RequestJudge(.verify)
        }
    }
}
