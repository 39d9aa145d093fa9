import ArgumentParser
import Batches
import CertificateAuthority
import Diagnostics
import InputOutput
import JSON
import Keys
import PKIX

/// `assay csr create`
struct CSRCreate: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a certification request for a key.",
        discussion: """
            The result is PKCS #10 in PEM, without attributes.

            EXAMPLES

              assay csr create --key device.key --subject CN=sensor-1 -o sensor-1.csr
            """)

    @Option(help: .init("The private key in PEM.", valueName: "pem"))
    var key: String

    @OptionGroup var subject: SubjectOptions
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let name = try subject.name()
        let privateKey = try KeyFile.open(try KeyReference(key), passphrase.source)
        let request = try CertificationRequest.make(subject: name, key: privateKey)
        let sink = try file.sink()
        if output.json {
            let location = InputLocation(source: key, line: 1)
            try sink.write(
                RequestReport(location: location, request: request, verdict: .verified).bytesAsJSON)
        } else {
            try sink.write(Array(PEMText.request(request.der).utf8))
        }
        try sink.commit()
        return .done
    }
}

/// `--subject`
struct SubjectOptions: ParsableArguments {
    @Option(
        help: .init("The name, RFC 4514 (CN=sensor-7,O=Example) or /O=Example/CN=sensor-7.", valueName: "dn"))
    var subject: String

    /// - Throws: ``ToolError`` with code `usage`.
    func name() throws(ToolError) -> DistinguishedName {
        let name: DistinguishedName
        do {
            name = try DistinguishedName(text: subject)
        } catch {
            throw ToolError(
                .usage, "--subject: \(error.reason.escapedForTerminal)",
                hint: "for example --subject \"CN=sensor-7,O=Example\"")
        }
        if let reason = name.unfitness { throw ToolError(.usage, "--subject: \(reason)") }
        return name
    }
}

extension RequestReport {
    var bytesAsJSON: [UInt8] {
        var writer = JSONWriter()
        write(json: &writer)
        return writer.bytes
    }
}
