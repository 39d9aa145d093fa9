import Foundation
import TestFleet
import TestSupport
import Testing

enum SmallDisk {
    /// Runs `body` in a file system of its own with `megabytes` of room; `grow` gives it plenty.
    static func with(
        _ megabytes: Int, below folder: WorkFolder,
        _ body: (WorkFolder, _ grow: () throws -> Void) throws -> Void
    ) throws {
        let disk = folder.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        guard try tool("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", disk]) == 0
        else {
            try Skip.test("a small file system cannot be mounted here")
        }
        defer { _ = try? tool("umount", ["-l", disk]) }
        try body(WorkFolder(in: URL(fileURLWithPath: disk))) {
            let status = try tool("mount", ["-o", "remount,size=64m", disk])
            #expect(status == 0)
        }
    }

    /// Makes the file system of ``with(_:below:_:)`` read-only.
    static func freeze(below folder: WorkFolder) throws {
        #expect(try tool("mount", ["-o", "remount,ro", folder.path("disk")]) == 0)
    }

    private static func tool(_ name: String, _ arguments: [String]) throws -> Int32 {
        try ChildProcess(
            [name] + arguments, in: FileManager.default.temporaryDirectory,
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run().status
    }
}
