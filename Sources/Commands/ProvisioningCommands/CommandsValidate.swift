import Batches
import ArgumentParser
import Diagnostics
import InputOutput
import Intake

/// `assay commands validate`
struct CommandsValidate: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check batches of provisioning commands before they are sent.",
        discussion: """
            Checks the shape of each command, PEM and certificates, their validity now, security tags, the order of \
            the commands and what one does to another, finished at the end, at most 20 commands, and the length \
            of the AT command lines that a device makes of them. With --csr also that a client certificate is one \
            of the key in the device's CSR, under the same security tag, and with --ca that a chain leads from it \
            to one of these CAs. Everything found is reported with its path; errors make a batch invalid, warnings \
            do so with --strict, notes never do.

            A file holds one document or JSON Lines: batches of assay commands compose, arrays of command bodies or \
            single bodies. Exit status 0: valid. 1: invalid. 4: not JSON, or no batch. 3: some of several.

            --csr takes PEM or DER files, KEYGEN outputs as files or as the argument itself, and modem logs. A \
            CSR must be signed by its own key, and the digest in a KEYGEN output must be that of its first part; \
            whether the device's identity key signed it is for assay token verify to say. A CSR that is no KEYGEN \
            output names no security tag and counts for all, and for the device that its CN names, if it does.

            EXAMPLES

              assay commands validate batch.json
              assay commands validate --csr keygen.txt --ca ca batches.jsonl
            """)

    @Argument(help: .init("Files of batches, or - for standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init(
            "A CSR that the device made, whose key its certificate must have.", valueName: "file|token"))
    var csr: [String] = []

    @Option(
        help: .init(
            "The CA that client certificates have to be of: its folder, or PEM or DER; may be repeated.",
            valueName: "path"))
    var ca: [String] = []

    @Option(help: .init("More certificates for the chain, not trusted; may be repeated.", valueName: "pem"))
    var intermediates: [String] = []

    @Flag(help: "Warnings make a batch invalid too.")
    var strict = false

    @OptionGroup(title: "Output options") var run: RunOptions

    func validate() throws {
        try list.demandInputs(files)
        if (files + csr + ca + intermediates + [list.filesFrom].compactMap(\.self)).count(where: { $0 == "-" }
        ) > 1 {
            throw ValidationError("standard input can be read once, found it more often")
        }
        if ca.isEmpty, !intermediates.isEmpty {
            throw ValidationError("expected --ca with --intermediates, found none")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let chains =
            ca.isEmpty
            ? nil
            : try ChainJudge(
                anchors: TrustFiles.anchors(ca),
                intermediates: TrustFiles.certificates(intermediates), time: environment.now)
        let check = BatchCheck(keys: try DeviceKeys.read(csr), chains: chains, now: environment.now)
        let stream = BatchStream(files, filesFrom: list.filesFrom)
        let strict = strict
        return try run.run(.document, good: "valid", stream, in: environment) {
            ValidationJudge(check, isStrict: strict)
        }
    }
}
