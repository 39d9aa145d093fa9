import ArgumentParser
import Diagnostics
import InputOutput
import JSON

/// Options of every command that prints results.
package struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object per line instead of text.")
    package var json = false

    @Flag(help: "Print no progress and no summary on standard error.")
    var quiet = false

    package init() {}

    package var console: Console { Console(json: json, quiet: quiet) }
}

/// Options of every command that writes a file.
struct FileOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: .init("Write the result to this file instead of standard output.", valueName: "file"))
    var output: String?

    @Flag(help: "Replace existing files.")
    var force = false

    /// Checks options that name further result files: each needs a file of its own, which `-` is not.
    ///
    /// - Parameter output: the value of `--output`.
    static func demandFiles(_ options: KeyValuePairs<String, String?>, beside output: String?) throws {
        var taken = Set([output].compactMap { $0.map { FileSystem.place(of: $0) } })
        for case (let name, let path?) in options {
            guard path != "-" else { throw ValidationError("\(name): expected a file, found -") }
            guard taken.insert(FileSystem.place(of: path)).inserted else {
                throw ValidationError("\(name): expected a file of its own, found \(path) for two results")
            }
        }
    }

    /// Where the result goes.
    func sink(mode: NewFile.Mode = .shared) throws(ToolError) -> any ByteSink {
        guard let output, output != "-" else { return StandardStream.output() }
        return try NewFile(path: output, mode: mode, replaces: force)
    }

    /// Ends a run over many inputs: its file appears, unless a signal cut the run short or there is nothing in it.
    ///
    /// Half a result under its name would be taken for a whole one, and an empty one would be in the way of the run that
    /// is repeated.
    /// - Parameter isEmpty: whether the run made nothing of what the file is for.
    func conclude(_ sink: any ByteSink, isEmpty: Bool = false, _ console: Console) throws(ToolError) {
        guard let output, output != "-" else { return try sink.commit() }
        if Interruption.requested {
            console.note("assay: note: interrupted, \(output.escapedForTerminal) was not made")
        } else if !isEmpty {
            try sink.commit()
        }
    }

    /// Writes one JSON document: indented for a person at a terminal, one line for everybody else.
    func write(_ document: JSONValue, isOnOneLine: Bool, mode: NewFile.Mode = .shared) throws(ToolError) {
        let sink = try sink(mode: mode)
        try sink.write(sink.text(of: document, isOnOneLine: isOnOneLine))
        try sink.commit()
    }
}

extension ByteSink {
    /// A JSON document as this sink shows it, with its line end.
    func text(of document: JSONValue, isOnOneLine: Bool) -> [UInt8] {
        (isForPerson && !isOnOneLine ? document.indented() : document.compact()) + [0x0a]
    }

    /// Whether a person sees at once what is written.
    var isForPerson: Bool { (self as? StandardStream)?.isTerminal == true }
}

/// Options of every command that works on a stream of inputs.
struct BatchOptions: ParsableArguments {
    @Option(help: .init("Use this many threads, all cores by default.", valueName: "n"))
    var jobs: Int?

    @Flag(help: "Stop at the first input that is not good.")
    var failFast = false

    func validate() throws {
        if let jobs, !(1...64 ~= jobs) { throw ValidationError("--jobs must be 1…64, found \(jobs)") }
    }
}

extension OutputOptions {
    /// Prints one result.
    func show(
        text: @autoclosure () -> [UInt8], json write: (inout JSONWriter) -> Void
    ) throws(ToolError) {
        guard json else { return try StandardStream.output().write(text()) }
        var writer = JSONWriter()
        write(&writer)
        try StandardStream.output().write(writer.bytes)
    }
}
