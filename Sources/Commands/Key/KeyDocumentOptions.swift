import ArgumentParser
import Diagnostics
import InputOutput

/// A document with a key, and where what is said of it goes.
struct KeyDocumentOptions: ParsableArguments {
    @Argument(
        help: .init("A key, certificate or request in PEM, or - for standard input.", valueName: "file"))
    var key: String

    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    /// Reads the document and writes what `render` makes of it.
    func write(showsDetails: Bool = false, _ render: (KeyReport) -> [UInt8]) throws(ToolError) {
        let document = try KeyFile.readAny(key, passphrase.source)
        let sink = try file.sink()
        try sink.write(render(KeyReport(file: key, document, showsDetails: showsDetails)))
        try sink.commit()
    }
}
