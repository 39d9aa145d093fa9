import Diagnostics
import InputOutput

/// The file of a store or ledger before it is opened.
enum StoreFile {
    /// The file that `path` leads to, without links.
    ///
    /// SQLite writes the newest content to a log beside the file, by the file's name: all that is asked about the log
    /// has to be asked by that name, and a file that has two has a log that one of them does not see.
    ///
    /// - Throws: ``ToolError`` with code `io`.
    static func resolved(_ path: String, _ role: FileRole) throws(ToolError) -> String {
        let place = ToolError.Context("file", path.escapedForTerminal)
        guard let kind = FileSystem.kind(of: path) else {
            let isLink = FileSystem.isLink(path)
            throw ToolError(
                .io,
                isLink
                    ? "there is no \(role.noun): the symbolic link leads nowhere"
                    : "there is no \(role.noun)",
                context: [place],
                hint: role.isLedger
                    ? Self.putBack
                    : .nameStore)
        }
        guard kind != .folder else {
            throw ToolError(
                .io, "expected a \(role.noun), found a folder", context: [place],
                hint: role.isLedger ? nil : .chooseStoreFile)
        }
        let real = try FileSystem.realPath(path)
        let names = FileSystem.linkCount(of: real) ?? 1
        guard names <= 1 else {
            throw ToolError(
                .io,
                "the \(role.noun) has \(names) names (hard links): SQLite's log would belong to one of them alone",
                context: [place], hint: "make a copy with cp, while no assay is running, and use that")
        }
        return real
    }

    /// Whether there is a log with newer content than the file's, or with what has to be undone in it. An empty one is
    /// what readers leave behind.
    static func hasLog(_ path: String) -> Bool {
        ["-wal", "-journal"].contains { end in
            FileSystem.isLink(path + end)
                || FileSystem.kind(of: path + end) != nil && FileSystem.size(of: path + end) != 0
        }
    }

    private static let putBack = Hint.text(
        "put the CA's own ledger back; none is made in its place, because it would know nothing of what was issued"
    )

    static func empty(_ path: String, _ role: FileRole) -> ToolError {
        ToolError(
            .io, "the file is empty, there is no \(role.noun) in it" + (role.isLedger ? "" : " yet"),
            context: [.init("file", path.escapedForTerminal)],
            hint: role.isLedger
                ? Self.putBack
                : .fillStore)
    }

    static func ofFirstVersion(_ path: String) -> ToolError {
        ToolError(
            .ledgerMismatch,
            "expected a CA's ledger, found a store of an assay before ledgers had files of their own",
            context: [.init("file", path.escapedForTerminal)],
            hint: .attachLedger)
    }
}
