import ArgumentParser
import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import ModemLine
import OpenSSL

/// `assay modem tokens`
struct ModemTokens: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract: "Add a device's attestation token to a table.",
        discussion: """
            Asks the modem for its token (AT%ATTESTTOKEN), IMEI and UUID, and adds the row imei,uuid,token,time to the \
            file that claim submit, token verify and the nRF Cloud utilities read. A token is a claim credential: the \
            file is for its owner alone, and the result names the token by a part of its digest.

            A device has one row: where it has one nothing is written (present), however often the command is given; \
            --replace puts the new token in its place, and with --nonce it has to be said. Where the IMEI stands beside another UUID, or the UUID beside \
            another IMEI, the row is refused. The file is as it was or has the whole row, also after a kill; several \
            benches may add to one file.

            The token is compared with the modem's UUID and not verified: assay token verify does that.

            EXAMPLES

              assay modem tokens --port /dev/ttyACM0
              assay modem tokens --port /dev/ttyACM0 -o line-1.csv --json
              assay modem tokens --port /dev/ttyACM0 --nonce 00112233445566778899aabbccddeeff -o -
            """)

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: .init("The table; - prints the row, and with it the token.", valueName: "file"))
    var output = "attestation_tokens.csv"

    @Option(
        help: .init("A nonce of 32 hex digits that the token is to hold (token challenge).", valueName: "hex")
    )
    var nonce: String?

    @Flag(help: "Put the new token in the place of the device's row.")
    var replace = false

    @OptionGroup(title: "Port options") var port: ModemPortOptions
    @OptionGroup(title: "Output options") var report: OutputOptions

    func validate() throws {
        if let nonce, Hex.decode(nonce)?.count != 16 {
            throw ValidationError("--nonce must be 32 hex digits (16 bytes)")
        }
        if output == "-", report.json {
            throw ValidationError("-o - prints the row and nothing else; give -o a file with --json")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        try demandTable()
        let session = try port.session()
        let identity = try ModemIdentity(of: session)
        let imei = try identity.demandIMEI()
        let token = try ModemToken.attestation(session, of: identity, nonce: nonce.flatMap { Hex.decode($0) })
        let uuid = token.token.deviceUUID
        let time = Timestamp.isoformat(microseconds: System.nowMicroseconds())
        guard output != "-" else {
            try StandardStream.output().write(Array("\(imei),\(uuid),\(token.text),\(time)\n".utf8))
            return .done
        }
        var status = "appended"
        try revise { table throws(ToolError) in
            let change = try table.adding(
                imei: imei, uuid: uuid, token: token.text, time: time, replaces: replace)
            switch change {
            case .appended(let table): return table
            case .replaced(let table):
                status = "replaced"
                return table
            case .present:
                guard nonce == nil else {
                    throw ToolError(
                        .wouldOverwrite,
                        "the device has its row already, so the token with the nonce is not in the table",
                        hint: "say --replace to put the new token in its place, or give -o another file")
                }
                status = "present"
                return nil
            }
        }
        try tell(status, imei, token, identity)
        return .done
    }

    /// Gives the table to `change`, whose errors are at its file.
    private func revise(_ change: (TokenTable) throws(ToolError) -> [UInt8]?) throws(ToolError) {
        try FileRevision.apply(to: output, mode: .ownerOnly) { content throws(ToolError) in
            do throws(ToolError) {
                return try change(try TokenTable(content))
            } catch {
                throw error.at("file", output.escapedForTerminal)
            }
        }
    }

    /// Asserts that a row can be added, before a modem is asked for one.
    private func demandTable() throws(ToolError) {
        guard output != "-" else { return }
        switch FileSystem.kind(of: output) {
        case .folder:
            throw ToolError(
                .io, "expected a file that rows can be added to, found a folder",
                context: [.init("file", output.escapedForTerminal)], hint: "name a file in it")
        case .other:
            throw ToolError(
                .io, "expected a file that rows can be added to, found a device or a pipe",
                context: [.init("file", output.escapedForTerminal)],
                hint: "name a file, or - to print the row")
        case .file, nil: try revise { _ in nil }
        }
    }

    private func tell(
        _ status: String, _ imei: IMEI, _ token: ModemToken, _ identity: ModemIdentity
    ) throws(ToolError) {
        let uuid = token.token.deviceUUID
        guard report.json else {
            try StandardStream.output().write(Array("\(uuid) \(imei) \(status)\n".utf8))
            return
        }
        var writer = JSONWriter()
        port.write("assay.modem-token/1", identity, uuid, &writer)
        writer.member("status", status)
        writer.member("file", output)
        // What was fetched just now is in no file where the device has its row.
        if status != "present" {
            writer.member("tokenSha256", hex: Digest.sha256(Array(token.text.utf8)))
            writer.member("nonce", hex: token.token.nonce)
        }
        writer.endObject()
        writer.newline()
        try StandardStream.output().write(writer.bytes)
    }
}
