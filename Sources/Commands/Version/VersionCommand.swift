import ArgumentParser
import CBOR
import CommandLineSupport
import Diagnostics
import InputOutput
import JSON
import OpenSSL
import SQLite

/// `assay version`
struct VersionCommand: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the version, the commit it was built from, and those of the libraries.",
        discussion: """
            What to put in a report of a fault. The libraries are those that this run loaded; of libcbor it is the version \
            that the program was built with.

            EXAMPLES

              assay version
              assay version --json
            """)

    @Flag(help: "Print one JSON object per line instead of text.")
    var json = false

    private static var libraries: [(name: String, version: String)] {
        [
            ("openssl", OpenSSL.LibraryVersion.text), ("libcbor", CBOR.LibraryVersion.text),
            ("jansson", JSON.LibraryVersion.text), ("sqlite", SQLite.LibraryVersion.text),
        ]
    }

    func run(in environment: Environment) throws -> ExitStatus {
        try StandardStream.output().write(json ? Self.object : Array(Self.text.utf8))
        return .done
    }

    private static var text: String {
        let commit = BuildCommit.current.map { " (commit \($0))" } ?? ""
        return libraries.reduce("assay \(Version.current)\(commit)\n") { $0 + "\($1.name) \($1.version)\n" }
    }

    private static var object: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.version/1")
        writer.key("version")
        writer.string(Version.current)
        if let commit = BuildCommit.current {
            writer.key("commit")
            writer.string(commit)
        }
        writer.key("libraries")
        writer.beginObject()
        for library in libraries {
            writer.key(library.name)
            writer.string(library.version)
        }
        writer.endObject()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
