import ArgumentParser
import Diagnostics
import InputOutput

/// Options of every command that prints results.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object per line instead of text.")
    var json = false

    @Flag(help: "Print no progress and no summary on standard error.")
    var quiet = false

    var console: Console { Console(json: json, quiet: quiet) }
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
        var taken = Set([output].compactMap { $0 })
        for case (let name, let path?) in options {
            guard path != "-" else { throw ValidationError("\(name): expected a file, found -") }
            guard taken.insert(path).inserted else {
                throw ValidationError("\(name): expected a file of its own, found \(path) for two results")
            }
        }
    }

    /// Where the result goes.
    func sink(mode: NewFile.Mode = .shared) throws -> any ByteSink {
        guard let output, output != "-" else { return StandardStream.output() }
        return try NewFile(path: output, mode: mode, replaces: force)
    }
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
