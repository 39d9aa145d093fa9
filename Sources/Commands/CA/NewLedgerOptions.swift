import ArgumentParser
import Diagnostics
import Store

/// `--ledger`: which ledger a new CA gets.
struct NewLedgerOptions: ParsableArguments {
    @Option(
        help: .init(
            "Use the ledger of another CA, its folder or its ledger.db, instead of a new one: both then issue into one.",
            valueName: "path"))
    var ledger: String?

    /// The ledger to be shared, which is there; `nil` for a new one.
    func shared() throws(ToolError) -> LedgerPlace? {
        try ledger.map { path throws(ToolError) in
            let place = try LedgerPlace.named(path)
            _ = try place.open(.readOnly)
            return place
        }
    }
}
