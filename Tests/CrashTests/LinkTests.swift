import Foundation
import SQLite
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// A store behind a link, on media that cannot be written: the right answer or none, never an old one.
    @Suite(.serialized) struct LinkTests {
        /// Ways to the store `disk/…/store.db`, as names of links and where they lead.
        private static let ways = ["direct", "link", "far", "relative", "folder/store.db"]

        @Test(arguments: [true, false])
        func onAReadOnlyMount(_ hasLog: Bool) throws {
            let folder = try WorkFolder()
            let devices = try Inputs.devices(3)
            try Inputs.registry(of: Array(devices.prefix(1)), at: folder.path("whole.db"))
            // Two devices are in the log alone: copied while a connection keeps it from being moved.
            let holder = try Connection(path: folder.path("whole.db"), mode: .readWrite)
            _ = try holder.prepare("SELECT count(*) FROM device").step()
            try Inputs.registry(of: Array(devices.dropFirst()), at: folder.path("whole.db"))
            try SmallDisk.with(16, below: folder) { disk, _ in
                let store = disk.path("store.db")
                let files = FileManager.default
                try files.copyItem(atPath: folder.path("whole.db"), toPath: store)
                if hasLog { try files.copyItem(atPath: folder.path("whole.db-wal"), toPath: store + "-wal") }
                try SmallDisk.freeze(below: folder)
                try files.createSymbolicLink(atPath: folder.path("direct"), withDestinationPath: store)
                try files.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: store)
                try files.createSymbolicLink(
                    atPath: folder.path("far"), withDestinationPath: folder.path("link"))
                try files.createSymbolicLink(
                    atPath: folder.path("relative"),
                    withDestinationPath: String(store.dropFirst(folder.url.path.count + 1)))
                try files.createSymbolicLink(
                    atPath: folder.path("folder"), withDestinationPath: disk.url.path)
                for way in [store] + Self.ways.map(folder.path) {
                    let outcome = try folder.run("device", "list", "--store", way, "--quiet")
                    if hasLog {
                        #expect(outcome.status == 5, "\(way)")
                        #expect(outcome.output == "", "\(way)")
                    } else {
                        #expect(outcome.status == 0, "\(way)")
                        #expect(outcome.wholeLines.count == 1, "\(way)")
                    }
                }
            }
        }

        /// Where it can be written, the log is found behind every link, and a second name is refused.
        @Test func whereItCanBeWritten() throws {
            let folder = try WorkFolder()
            let devices = try Inputs.devices(3)
            let store = folder.path("store.db")
            try Inputs.registry(of: Array(devices.prefix(1)), at: store)
            let holder = try Connection(path: store, mode: .readWrite)
            _ = try holder.prepare("SELECT count(*) FROM device").step()
            try Inputs.registry(of: Array(devices.dropFirst()), at: store)
            let files = FileManager.default
            try files.createDirectory(atPath: folder.path("other"), withIntermediateDirectories: false)
            try files.createSymbolicLink(
                atPath: folder.path("other/link"), withDestinationPath: "../store.db")
            try files.createSymbolicLink(atPath: folder.path("far"), withDestinationPath: "other/link")
            for way in ["store.db", "other/link", "far"] {
                #expect(try folder.run("device", "list", "--store", way, "--quiet").wholeLines.count == 3)
            }
            try files.linkItem(atPath: store, toPath: folder.path("twin.db"))
            let twin = try folder.run("device", "list", "--store", "twin.db")
            #expect(twin.status == 5)
            #expect(twin.output == "")
            #expect(twin.errors.contains("has 2 names (hard links)"))
        }
    }
}
