import Diagnostics
import Foundation
import InputOutput
import TestFleet
import Testing

/// Which files no result replaces.
@Suite struct FileRegisterTests {
    private let folder: WorkFolder

    init() throws { folder = try WorkFolder() }

    private func refusal(_ name: String, replaces: Bool = true) -> String? {
        do {
            try NewFile.write(Array("result".utf8), to: folder.path(name), replaces: replaces)
            return nil
        } catch {
            #expect(error.code == .wouldOverwrite)
            return error.message
        }
    }

    private func contents(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path(name), encoding: .utf8)
    }

    private static let input = "the result would replace its own input"

    @Test func anInputThatWasReadAndClosed() throws {
        try folder.write("input", to: "a")
        try folder.write("other", to: "b")
        _ = try ByteSource.contents(of: folder.path("a"), limit: 100)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: folder.path("a"))
        try FileManager.default.linkItem(atPath: folder.path("a"), toPath: folder.path("hard"))
        for name in ["a", "link", "hard"] { #expect(refusal(name) == Self.input) }
        #expect(try contents("a") == "input")
        #expect(refusal("b") == nil)
        #expect(try contents("b") == "result")
    }

    /// What has another name now is another file, whatever its number is.
    @Test func aFileThatIsGoneKeepsNothing() throws {
        try folder.write("input", to: "a")
        _ = try ByteSource.contents(of: folder.path("a"), limit: 100)
        try FileManager.default.moveItem(atPath: folder.path("a"), toPath: folder.path("b"))
        #expect(refusal("b") == nil)
    }

    @Test func whatIsGoingToBeRead() throws {
        try folder.write("input", to: "a")
        FileRegister.keep(folder.path("a"), as: .input)
        FileRegister.keep(folder.path("missing"), as: .input)
        #expect(refusal("a") == Self.input)
        #expect(refusal("missing") == nil)
    }

    @Test func aFolderAsInput() throws {
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: folder.path("in/deep/.hidden"), withIntermediateDirectories: true)
        for name in ["in/a", "in/deep/b", "in/deep/.hidden/c", "in/.d"] { try folder.write("x", to: name) }
        try folder.write("x", to: "inside")
        FileRegister.keep(folder.path("in"), as: .input)
        #expect(refusal("in/a") == Self.input)
        #expect(refusal("in/deep/b") == Self.input)
        #expect(refusal("in/deep/.hidden/c") == nil)
        #expect(refusal("in/.d") == nil)
        #expect(refusal("in/new") == nil)
        #expect(refusal("inside") == nil)
    }

    @Test func storesAndWhatStandsBesideThem() throws {
        for name in ["s.db", "s.db-wal", "s.db-shm", "l.db", "s.db-other"] { try folder.write("x", to: name) }
        FileRegister.keep(folder.path("s.db"), as: .store)
        FileRegister.keep(folder.path("l.db"), as: .ledger)
        for name in ["s.db", "s.db-wal", "s.db-shm"] {
            #expect(refusal(name) == "the result would replace the store that the run uses")
        }
        #expect(refusal("l.db") == "the result would replace the ledger that the run uses")
        #expect(refusal("s.db-other") == nil)
    }

    /// Opened after the result was begun.
    @Test func aStoreThatIsOpenedLate() throws {
        try folder.write("x", to: "s.db")
        let result = try NewFile(path: folder.path("s.db"), replaces: true)
        try result.write([1])
        #expect(throws: ToolError.self) { try FileRegister.beginUse(of: folder.path("s.db"), as: .store) }
        #expect(try contents("s.db") == "x")
    }

    private static let files = ["ca.crt", "ca.key", "ca.json", "profiles.json", "ledger.db", "ledger.db-wal"]

    /// The files of a CA, whether the run uses it or not.
    @Test func filesOfAnAuthority() throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder.path("ca"), withIntermediateDirectories: false)
        try folder.write("{}", to: "ca/profiles.json")
        // Profiles alone make no CA.
        #expect(refusal("ca/profiles.json") == nil)
        for name in Self.files { try folder.write(name, to: "ca/\(name)") }
        try folder.write("x", to: "ca/other")
        try manager.createSymbolicLink(
            atPath: folder.path("way"), withDestinationPath: folder.path("ca"))
        try manager.createSymbolicLink(
            atPath: folder.path("ca.link"), withDestinationPath: folder.path("ca/ca.key"))
        for name in Self.files {
            for path in ["ca/\(name)", "way/\(name)", "way/../ca/\(name)"] {
                for replaces in [true, false] {
                    #expect(
                        refusal(path, replaces: replaces)
                            == "the result would replace a file of a CA, \(name)")
                }
            }
            #expect(try contents("ca/\(name)") == name)
        }
        #expect(refusal("ca.link") == "the result would replace a file of a CA, ca.key")
        #expect(refusal("ca/other") == nil)
    }

    /// Before there was a ca.json.
    @Test func filesOfAnAuthorityOfTheFirstVersion() throws {
        for name in ["ca.key", "profiles.json"] { try folder.write(name, to: name) }
        #expect(refusal("profiles.json") == nil)
        try folder.write("x", to: "ca.crt")
        #expect(refusal("ca.key") == "the result would replace a file of a CA, ca.key")
        #expect(refusal("profiles.json") == "the result would replace a file of a CA, profiles.json")
    }

    @Test func filesOfAGroupAndOfAFolder() throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: false)
        try folder.write("input", to: "out/a.crt")
        FileRegister.keep(folder.path("out/a.crt"), as: .input)
        let group = try NewFileGroup(folder: folder.path("out"), replaces: true)
        #expect(throws: ToolError.self) { try group.write([1], as: "a.crt") }
        try group.write([1], as: "b.crt")
        #expect(group.commit().isEmpty)
        #expect(throws: ToolError.self) {
            try NewFolder(path: folder.path("out"), replaces: true) { $0.hasSuffix(".crt") }
        }
        #expect(try contents("out/a.crt") == "input")
    }
}
