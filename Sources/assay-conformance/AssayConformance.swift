import Conformance
import Diagnostics
import InputOutput

/// `assay-conformance CASES.json…`: judges published conformance cases, one JSON line a case.
@main
struct AssayConformance {
    private static let usage = """
        usage: assay-conformance CASES.json... (- for standard input)
               assay-conformance --unsupported    what is refused on purpose, and why

        Judges every case of the given files and prints one JSON object a line:
        {"suite":...,"case_id":...,"verdict":"accept"|"reject"|"skip","output":...}

        """

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["--help"] {
            finish(.done, printing: usage, to: .output())
        }
        if arguments == ["--unsupported"] {
            finish(.done, printing: UnsupportedFeature.text, to: .output())
        }
        guard !arguments.isEmpty else { finish(.usage, printing: usage, to: .error()) }
        let output = StandardStream.output()
        do throws(ToolError) {
            let judge = try ConformanceJudge()
            for path in arguments {
                let bytes = try ByteSource.contents(of: path, limit: ConformanceCase.fileLimit)
                let cases: [ConformanceCase]
                do {
                    cases = try ConformanceCase.list(bytes)
                } catch {
                    throw error.at("file", path.escapedForTerminal)
                }
                // Each line at once: should a case end the process, the last line names the one before.
                for element in cases { try output.write(judge.line(element)) }
            }
        } catch {
            var text = "assay-conformance: error: \(error.message)\n"
            for fact in error.context { text += "assay-conformance: at: \(fact.name) \(fact.value)\n" }
            finish(error.exitStatus, printing: text, to: .error())
        }
    }

    private static func finish(_ status: ExitStatus, printing text: String, to stream: StandardStream)
        -> Never
    {
        // Nothing is left to do when even this cannot be written.
        try? stream.write(Array(text.utf8))
        System.exit(status.rawValue)
    }
}
