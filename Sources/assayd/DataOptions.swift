import ArgumentParser
import Diagnostics
import InputOutput
import OpenSSL
import Service

/// `--data`, of every command.
struct DataOptions: ParsableArguments {
    @Option(
        help: .init(
            "The folder that holds everything the service keeps; made if it is missing.", valueName: "dir"))
    var data: String

    /// The configuration of a service over this folder.
    ///
    /// - Throws: ``ToolError`` with `io`.
    func configuration() throws(ToolError) -> ServiceConfiguration {
        var folder = data
        while folder.utf8.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        switch FileSystem.kind(of: folder) {
        case .folder: break
        case nil: try FileSystem.makeFolders(above: folder + "/")
        case .file, .other:
            throw ToolError(
                .io, "expected a folder, found something else",
                context: [.init("file", folder.escapedForTerminal)])
        }
        return ServiceConfiguration(
            dataFolder: folder, clock: { System.now() },
            randomness: { count in try? RandomBytes.make(count) })
    }
}
