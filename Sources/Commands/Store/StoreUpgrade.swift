import ArgumentParser
import Diagnostics
import InputOutput
import Ledger
import Store

/// `assay store upgrade`
struct StoreUpgrade: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade",
        abstract: "Bring a store of an older assay up to date.",
        discussion: """
            Commands that write to a store do this by themselves; those that only read say what is missing. An older \
            assay does not open the store afterwards. Running it again changes nothing.

            EXAMPLES

              assay store upgrade --store devices.db
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let path = try store.path()
        let before = try StoreGlance(path: path)
        _ = try store.open(.readWrite, output.console)
        let report = StoreReport(path: path, glance: try StoreGlance(path: path))
        try StandardStream.output().write(report.bytes(json: output.json))
        output.console.note(
            before.isCurrent
                ? "assay: the store was up to date"
                : "assay: brought up to date from version \(before.version)")
        return .done
    }
}
