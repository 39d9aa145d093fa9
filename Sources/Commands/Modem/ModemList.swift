import ATCommands
import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import ModemLine

/// `assay modem list`
struct ModemList: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the credentials in a modem.",
        discussion: """
            Prints the answer to AT%CMNG=1 as the modem has it, a line for each credential and OK: security tag, type, \
            SHA-256 of the content as it was written. assay access check holds it against files, and assay cert inspect \
            prints the digest that a certificate has in such a list.

            EXAMPLES

              assay modem list --port /dev/ttyACM0
              assay modem list --port /dev/ttyACM0 --sec-tag 16842753 --json
            """)

    @Option(help: .init("Of this security tag alone.", valueName: "n"))
    var secTag: String?

    @OptionGroup(title: "Port options") var port: ModemPortOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let tag = try secTag.map { text throws(ToolError) in try SecTag(text: text) }
        let session = try port.session()
        let identity = try ModemIdentity(of: session)
        let stored = try StoredCredentials(session, under: tag)
        guard output.json else {
            // With the OK, without which a listing may have been cut.
            let lines = stored.entries.map(\.line) + ["OK"]
            try StandardStream.output().write(Array(lines.map { $0 + "\n" }.joined().utf8))
            return .done
        }
        var writer = JSONWriter()
        port.write("assay.modem-credentials/1", identity, identity.uuid, &writer)
        writer.key("credentials")
        writer.beginArray()
        for entry in stored.entries {
            writer.credential(entry.secTag, type: entry.type, digest: entry.digest)
        }
        writer.endArray()
        writer.endObject()
        writer.newline()
        try StandardStream.output().write(writer.bytes)
        return .done
    }
}
