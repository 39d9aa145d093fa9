import Glibc

public import Diagnostics

/// The files below a folder, each once, in an order that does not depend on the file system.
///
/// Links to folders are not followed, nor are links that lead out of the folder: what is read is what stands in it. A
/// link to a file in it counts, unless that file is read by its own name. Devices and inodes are remembered, so that no
/// mount or link leads around in a circle.
public struct FolderWalk: Sendable {
    /// The regular files, sorted by the bytes of their paths within each folder, folders last; hidden ones left out.
    public private(set) var files: [String] = []
    /// Links and second names of files that were left out.
    public private(set) var passedOver = 0
    /// Hidden files, and what is no file: pipes, sockets, devices.
    public private(set) var others = 0
    /// Entries that cannot be looked at, those with names that are no UTF-8 among them.
    public private(set) var unreadable: [(path: String, error: ToolError)] = []

    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    private struct Link {
        let path: String
        /// Where its file belongs among the others.
        let position: Int
    }

    private static let deepest = 64

    private var seen: Set<Identity> = []
    private var links: [Link] = []

    /// - Throws: ``ToolError`` with code `io`.
    public init(_ folder: String) throws(ToolError) {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw ioError("cannot read the folder", folder) }
        seen.insert(Identity(status))
        try collect(folder, depth: 0)
        if links.isEmpty { return }
        let root = Self.resolved(folder).map { $0.hasSuffix("/") ? $0 : $0 + "/" }
        var linked: [Int: [String]] = [:]
        for link in links {
            guard let root, let target = Self.resolved(link.path), target.hasPrefix(root), take(link.path)
            else {
                passedOver += 1
                continue
            }
            linked[link.position, default: []].append(link.path)
        }
        if linked.isEmpty { return }
        var merged: [String] = []
        for position in 0...files.count {
            merged += linked[position] ?? []
            if position < files.count { merged.append(files[position]) }
        }
        files = merged
    }

    private mutating func collect(_ folder: String, depth: Int) throws(ToolError) {
        guard depth < Self.deepest else {
            throw ToolError(
                .io, "folders nested deeper than \(Self.deepest)",
                context: [.init("file", folder.escapedForTerminal)])
        }
        let all = try FileSystem.names(in: folder)
        let names = all.filter { !$0.hasPrefix(".") }
        others += all.count - names.count
        var folders: [String] = []
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else {
                // Names are octets; those that are no UTF-8 were mended on their way here, and are nobody's now.
                let error =
                    path.unicodeScalars.contains("\u{FFFD}")
                    ? ToolError(
                        .io, "expected a name in UTF-8, found other octets",
                        context: [.init("file", path.escapedForTerminal)], hint: "rename the file")
                    : ioError("cannot look at", path)
                unreadable.append((path, error))
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                if seen.insert(Identity(status)).inserted { files.append(path) } else { passedOver += 1 }
            case S_IFDIR:
                if seen.insert(Identity(status)).inserted { folders.append(path) } else { passedOver += 1 }
            case S_IFLNK: links.append(Link(path: path, position: files.count))
            default: others += 1
            }
        }
        // One that cannot be read does not stop the others.
        for path in folders {
            do throws(ToolError) {
                try collect(path, depth: depth + 1)
            } catch {
                unreadable.append((path, error))
            }
        }
    }

    /// Whether a link leads to a file that was not read yet.
    private mutating func take(_ link: String) -> Bool {
        var status = stat()
        guard stat(link, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return seen.insert(Identity(status)).inserted
    }

    private static func resolved(_ path: String) -> String? {
        guard let name = realpath(path, nil) else { return nil }
        defer { free(name) }
        return String(cString: name)
    }
}
