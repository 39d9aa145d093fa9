import Glibc

public import Diagnostics

/// A file that several processes add to: each reads it whole, and what it makes of it takes its place in one step.
///
/// A run that is killed, or a disk that is full, leaves the file as it was before or after, never with half a row. Where
/// two processes come at once one waits: the folder is locked, because a lock of the file would stay with the old one.
public enum FileRevision {
    /// The largest file that is read.
    public static let limit = 64 << 20
    /// How long another process is waited for.
    private static let patience: UInt64 = 10_000_000_000

    /// Gives the content of the file, or nothing where there is none, to `change`; what that answers is on disk
    /// afterwards. `nil` leaves the file as it is.
    ///
    /// - Parameter mode: of a file that is made, or that had no content to keep secret before.
    /// - Throws: ``ToolError`` with `io`, `locked`, `would-overwrite` for a file of a CA, or what `change` throws.
    public static func apply(
        to path: String, mode: NewFile.Mode, _ change: (_ content: [UInt8]) throws(ToolError) -> [UInt8]?
    ) throws(ToolError) {
        // The file that a link leads to is replaced, not the link.
        let place = FileSystem.isLink(path) ? try FileSystem.realPath(path) : path
        let slash = place.utf8.lastIndex(of: 0x2f)
        let folder = slash.map { String(place[...$0]) } ?? "."
        let descriptor = try lock(folder)
        defer { close(descriptor) }
        guard let changed = try change(try content(of: place)) else { return }
        try NewFile.write(changed, to: place, mode: mode, replaces: true)
    }

    private static func lock(_ folder: String) throws(ToolError) -> Int32 {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ioError("cannot open the folder", folder) }
        let end = System.monotonicNanoseconds() &+ patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            guard reason == EWOULDBLOCK, System.monotonicNanoseconds() < end, !Interruption.requested else {
                close(descriptor)
                if Interruption.requested { throw Interruption.error }
                guard reason == EWOULDBLOCK else { throw ioError("cannot lock the folder", folder, reason) }
                throw ToolError(
                    .locked, "expected a folder that is free, found another process that holds it",
                    context: [.init("file", folder.escapedForTerminal)],
                    hint: "wait for the other one, then try again")
            }
            waitForSignal(milliseconds: 20)
        }
        return descriptor
    }

    private static func content(of path: String) throws(ToolError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ENOENT { return [] }
            throw ioError("cannot open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ioError("cannot read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ToolError(
                .io, "expected a file that rows can be added to, found something else",
                context: [.init("file", path.escapedForTerminal)])
        }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &block, block.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw ioError("cannot read", path)
            }
            bytes += block[..<count]
            guard bytes.count <= limit else {
                throw ToolError(
                    .io, "expected a file of at most \(limit >> 20) MiB, found more",
                    context: [.init("file", path.escapedForTerminal)], hint: "begin another file")
            }
        }
    }
}
