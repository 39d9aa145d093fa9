package import ArgumentParser
package import Diagnostics
package import Store

/// `assay fleet unclaim`
package struct FleetUnclaim: FleetChangeVerb {
    package static let configuration = CommandConfiguration(
        commandName: "unclaim",
        abstract: "Give up the claim of devices.",
        discussion: """
            The claim, its commands and its history go; whoever holds a token of the device may claim it afterwards. The journal forgets the claim, so that claim submit sends its row again.

            EXAMPLES
              assay fleet unclaim 50363154-3931-44f0-8022-121b6401627d --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("Devices.", valueName: "uuid"))
    package var devices: [String]

    @OptionGroup var store: StoreOptions

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions

    package init() {}

    package var change: FleetChange { .unclaim }

    /// The store with the journal; nil where there is none.
    package func openStore(_ console: Console) throws(ToolError) -> SQLiteStore? {
        store.isThere ? try store.open(.readWrite, console) : nil
    }
}
