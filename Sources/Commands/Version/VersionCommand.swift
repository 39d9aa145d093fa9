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
        writer.member("schema", ascii: "assay.version/1")
        writer.member("version", Version.current)
        writer.member("commit", ifPresent: BuildCommit.current)
        writer.key("libraries")
        writer.beginObject()
        for library in libraries {
            writer.member(library.name, library.version)
        }
        writer.endObject()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
