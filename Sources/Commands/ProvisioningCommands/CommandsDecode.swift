import ArgumentParser
import Batches
import Diagnostics
import InputOutput

/// `assay commands decode`
struct CommandsDecode: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Read the CBOR that a device receives or answers.",
        discussion: """
            Prints the commands or responses in a CBOR body of the device protocol as JSON, indented on a terminal \
            and on one line otherwise. Commands are shown as the request that the service was asked for, helper \
            steps included, where their AT commands are exactly those of such a request, and as AT commands \
            otherwise. Of a response with the answer to AT%KEYGEN the token is taken out, ready for assay token \
            verify. Nothing is verified.

            FILE holds one body as bytes, or as hexadecimal or base64url text; text can also hold one body a line. \
            What is not exactly what the device library reads and writes is refused with the byte where it goes \
            wrong. An attestation token is withheld without --reveal. A file of the result is for its owner only.

            --diagnostic prints any CBOR, also what no device would send, in the diagnostic notation of RFC 8949 \
            section 8, and hides nothing. Exit status 0: decoded. 4: not the CBOR that was expected. 3: some of \
            several.

            EXAMPLES

              assay commands decode body.cbor
              assay commands encode --hex batch.json | assay commands decode --diagnostic -
            """)

    @Argument(help: .init("A file of CBOR, or - for standard input.", valueName: "file"))
    var input: String

    @Option(
        help: .init(
            "How the CBOR is written: binary, hex, base64url or, by default, auto, which knows text by its "
                + "characters.", valueName: "format"))
    var format: CBORFormatChoice = .auto

    @Flag(help: "Print diagnostic notation (RFC 8949 section 8) of any CBOR.")
    var diagnostic = false

    @Flag(help: "Include attestation tokens, with which anybody can claim the device.")
    var reveal = false

    @OptionGroup(title: "Output options") var run: RunOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let stream = MessageStream(path: input, format: format.format, isGeneral: diagnostic)
        let sink = try run.file.sink(mode: .ownerOnly)
        let (diagnostic, reveal, isIndented) = (diagnostic, reveal, sink.isForPerson)
        let json = run.output.json
        return try run.run(
            .message, good: "decoded", stream, to: sink, in: environment,
            remark: {
                let tokens = $0 == 1 ? "token was" : "tokens were"
                return "assay: note: \($0) attestation \(tokens) withheld (--reveal)"
            },
            // A run that decoded nothing leaves no empty file.
            isEmpty: { $0.good == 0 && !json }
        ) {
            MessageJudge(isDiagnostic: diagnostic, reveals: reveal, isIndented: isIndented)
        }
    }
}
