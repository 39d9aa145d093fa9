import Batches
import ArgumentParser
import Intake

/// Option of every command that takes several files.
struct InputListOptions: ParsableArguments {
    @Option(
        help: .init(
            "Read the paths of further inputs from this file, one on each line; - is standard input.",
            valueName: "file"))
    var filesFrom: String?

    /// Checks that there are inputs, and that standard input is read once.
    func demandInputs(_ arguments: [String]) throws {
        try demandOneReader(arguments)
        if arguments.isEmpty, filesFrom == nil {
            throw ValidationError("expected a file, found none (- reads standard input)")
        }
    }

    /// Checks that standard input is read once.
    func demandOneReader(_ arguments: [String]) throws {
        guard (arguments + [filesFrom].compactMap(\.self)).count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("standard input can be read once, found it more often")
        }
    }
}

extension SourceArgument {
    var input: InputQueue.Input {
        switch self {
        case .file(let path): .file(path)
        case .text(let text, let position): .text(text, position: position)
        }
    }
}
