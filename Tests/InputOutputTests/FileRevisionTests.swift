import Diagnostics
import Foundation
import InputOutput
import TestFleet
import Testing

/// Files that several processes add to.
@Suite struct FileRevisionTests {
    private let folder: WorkFolder

    init() throws { folder = try WorkFolder() }

    private func content(_ name: String) throws -> String {
        try String(contentsOf: folder.url.appendingPathComponent(name), encoding: .utf8)
    }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() }
    }

    @Test func areMadeAndChangedInOneStep() throws {
        let path = folder.path("table")
        for expected in ["", "a\n", "a\na\n"] {
            try FileRevision.apply(to: path, mode: .ownerOnly) { content in
                #expect(String(decoding: content, as: UTF8.self) == expected)
                return content + Array("a\n".utf8)
            }
        }
        #expect(try content("table") == "a\na\na\n")
        #expect(FileSystem.permissions(of: path) == 0o600)
        #expect(try names == ["table"])
    }

    @Test func areLeftWhereNothingChanges() throws {
        try FileRevision.apply(to: folder.path("table"), mode: .shared) { _ in nil }
        #expect(try names == [])
        try folder.write("a", to: "table")
        let before =
            try FileManager.default.attributesOfItem(atPath: folder.path("table"))[.systemFileNumber] as? Int
        let error = #expect(throws: ToolError.self) {
            try FileRevision.apply(to: folder.path("table"), mode: .shared) { _ throws(ToolError) in
                throw ToolError(.csv, "no")
            }
        }
        #expect(error?.code == .csv)
        #expect(try content("table") == "a" && names == ["table"])
        let after =
            try FileManager.default.attributesOfItem(atPath: folder.path("table"))[.systemFileNumber] as? Int
        #expect(before == after)
    }

    /// The file that a link leads to is changed, and the link stays one.
    @Test func followLinks() throws {
        try folder.write("a", to: "table")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: folder.path("table"))
        try FileRevision.apply(to: folder.path("link"), mode: .shared) { $0 + [0x62] }
        #expect(try content("table") == "ab")
        #expect(FileSystem.isLink(folder.path("link")))
    }

    @Test func areNeverFoldersDevicesOrFilesOfACA() throws {
        for path in [folder.url.path, "/dev/null", folder.path("missing/table")] {
            let error = #expect(throws: ToolError.self, "\(path)") {
                try FileRevision.apply(to: path, mode: .shared) { $0 }
            }
            #expect(error?.code == .io)
        }
        for name in ["ca.crt", "ca.key"] { try folder.write("x", to: name) }
        let error = #expect(throws: ToolError.self) {
            try FileRevision.apply(to: folder.path("ca.key"), mode: .shared) { $0 + [0x62] }
        }
        #expect(error?.code == .wouldOverwrite)
        #expect(try content("ca.key") == "x")
    }

    /// Nothing of what many add at once is lost.
    @Test func takeTurns() async throws {
        let path = folder.path("table")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask {
                    try FileRevision.apply(to: path, mode: .shared) { $0 + Array("\(index)\n".utf8) }
                }
            }
            try await group.waitForAll()
        }
        #expect(
            Set(try content("table").split(separator: "\n").map(String.init))
                == Set((0..<20).map(String.init)))
    }
}
