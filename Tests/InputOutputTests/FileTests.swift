import Diagnostics
import Foundation
import InputOutput
import TestFleet
import Testing

/// Files and folders that appear whole, beside what killed runs left behind.
@Suite struct FileTests {
    private let folder: WorkFolder

    init() throws { folder = try WorkFolder() }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() }
    }

    private func contents(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path(name), encoding: .utf8)
    }

    /// In a container every run may have the same process number.
    @Test func leftoversOfAKilledRunDoNotStopTheNext() throws {
        let leftover = ".out.\(getpid()).part"
        try folder.write("half", to: leftover)
        try NewFile.write(Array("whole".utf8), to: folder.path("out"), replaces: false)
        #expect(try names == [leftover, "out"])
        #expect(try contents("out") == "whole")

        let part = folder.path(".batch.\(getpid()).part")
        try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: false)
        try folder.write("half", to: ".batch.\(getpid()).part/one")
        let batch = try NewFolder(path: folder.path("batch"), replaces: false) { _ in false }
        try batch.write(Array("whole".utf8), as: "one")
        try batch.commit()
        #expect(try names == [".batch.\(getpid()).part", leftover, "batch", "out"])
        #expect(try contents("batch/one") == "whole")
    }

    @Test func whatIsNotCommittedGoesAndNothingElse() throws {
        let leftover = ".out.\(getpid()).part"
        try folder.write("half", to: leftover)
        do {
            let file = try NewFile(path: folder.path("out"), replaces: false)
            try file.write([1])
            let batch = try NewFolder(path: folder.path("batch"), replaces: false) { _ in false }
            try batch.write([1], as: "one")
        }
        #expect(try names == [leftover])
        #expect(throws: ToolError.self) { try NewFile(path: folder.path("no/out"), replaces: false) }
        #expect(throws: ToolError.self) { try NewFile(path: folder.path(leftover), replaces: false) }
        #expect(try contents(leftover) == "half")
    }
}
