import Diagnostics
import Glibc
import Synchronization

/// The regular files that are being read, and those that a result is about to replace: a result does not take the place
/// of its own input.
enum FileRegister {
    /// A file, whatever it is called.
    struct Identity: Hashable, Sendable {
        private let device: UInt
        private let inode: UInt

        /// `nil` for what is no regular file.
        init?(_ status: stat) {
            guard status.st_mode & S_IFMT == S_IFREG else { return nil }
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
        }
    }

    private struct State {
        /// How often each is open.
        var read: [Identity: Int] = [:]
        /// Whether each was opened as an input too.
        var replaced: [Identity: Bool] = [:]
    }

    private static let state = Mutex(State())

    /// Notes that a file is being read.
    ///
    /// - Throws: ``ToolError`` with `would-overwrite` when a result is about to replace it, which it will not then.
    static func beginReading(_ file: Identity, _ path: String) throws(ToolError) {
        let clashes = state.withLock { state in
            state.read[file, default: 0] += 1
            guard state.replaced[file] != nil else { return false }
            state.replaced[file] = true
            return true
        }
        if clashes { throw clash(path) }
    }

    static func endReading(_ file: Identity) {
        state.withLock { state in
            let left = (state.read[file] ?? 0) - 1
            state.read[file] = left > 0 ? left : nil
        }
    }

    /// Notes that a file is about to be replaced.
    static func beginReplacing(_ file: Identity, _ path: String) throws(ToolError) {
        let clashes = state.withLock { state in
            if state.read[file] != nil { return true }
            state.replaced[file] = false
            return false
        }
        if clashes { throw clash(path) }
    }

    /// - Throws: ``ToolError`` when the file was read since.
    static func demandUnread(_ file: Identity, _ path: String) throws(ToolError) {
        if state.withLock({ $0.replaced[file] == true }) { throw clash(path) }
    }

    static func endReplacing(_ file: Identity) {
        state.withLock { state in state.replaced[file] = nil }
    }

    private static func clash(_ path: String) -> ToolError {
        ToolError(
            .wouldOverwrite, "the result would replace its own input",
            context: [.init("file", path.escapedForTerminal)], hint: "write it to another file")
    }
}
