package import ArgumentParser
package import Diagnostics
package import Store

/// How things are sent of which a journal knows whether they are at the service already.
package struct SendingOptions: ParsableArguments {
    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Service options") package var pace: PaceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}

    /// Opens the store that holds the journal.
    package func openStore() throws(ToolError) -> SQLiteStore { try store.open(.create, output.console) }
}
