import CommandLineSupport
import Diagnostics

/// `label: value` lines for people, values escaped.
struct TextBlock {
    private(set) var text = ""

    mutating func line(_ label: String, _ value: String) {
        text += "\(label): \(value.escapedForTerminal)\n"
    }

    mutating func failures(_ failures: [CheckFailure]) {
        for failure in failures {
            line("failure", "\(failure.code.rawValue): \(failure.commandLine.withheld)")
        }
    }

    var bytes: [UInt8] { Array(text.utf8) }
}
