import Diagnostics
import InputOutput
import Issuance

/// An input argument: a file, standard input, or short text given on the command line itself.
enum SourceArgument: Sendable {
    case file(String)
    /// The text and its position among the arguments, from 1.
    case text(String, position: Int)

    /// `-` is standard input; an existing path is a file; what has the shape of a token or a JWT is the thing itself; the
    /// rest is a path that will turn out to be missing. `forcedText` is for `--text`, which takes anything.
    static func resolve(_ argument: String, position: Int, forcedText: Bool = false) -> SourceArgument {
        if forcedText { return .text(argument, position: position) }
        if argument == "-" { return .file("-") }
        // A token is longer than any file name, and a look-up of it would end in a log of failed look-ups.
        if argument.utf8.count <= 4096, FileSystem.kind(of: argument) != nil { return .file(argument) }
        // No token begins like this.
        if ["/", "./", "../"].contains(where: { argument.hasPrefix($0) }) { return .file(argument) }
        return CredentialShape.isIn(argument) ? .text(argument, position: position) : .file(argument)
    }
}

/// Where an input came from: the `input` member of results.
struct InputLocation: Sendable {
    /// A path, `-`, or `argument`.
    let source: String
    /// The line in the file, or the position among the arguments, from 1.
    let line: Int

    init(_ source: SourceName, line: Int) {
        self.source = source.text
        self.line = line
    }

    init(source: String, line: Int) { self.init(SourceName(source), line: line) }

    /// Of a request whose place is a line of a source that was named before.
    init(_ origin: RequestOrigin) {
        source = origin.source
        line = origin.place
    }
}
