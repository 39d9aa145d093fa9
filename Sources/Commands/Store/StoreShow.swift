import ArgumentParser
import Diagnostics
import InputOutput
import Store

/// `assay store show`
struct StoreShow: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show which store is used, and what is in it.",
        discussion: """
            Works on a store of an older assay too, and changes nothing. Certificates in a store are those that were \
            issued before CAs had ledgers of their own; assay ca ledger attach takes them there.

            EXAMPLES

              assay store show
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let path = try store.path()
        let report = StoreReport(path: path, glance: try StoreGlance(path: path))
        try StandardStream.output().write(report.bytes(json: output.json))
        return .done
    }
}
