import Batches
import CommandLineSupport
import Diagnostics

/// `label: value` lines for people, values escaped.
struct TextBlock {
    private(set) var text = ""

    init() {}

    /// Begins a result with where its input stands.
    init(of location: InputLocation) { line("input", "\(location.source):\(location.line)") }

    mutating func line(_ label: String, _ value: String) {
        text += "\(label): \(value.escapedForTerminal)\n"
    }

    mutating func failures(_ failures: [CheckFailure]) {
        for failure in failures {
            line("failure", "\(failure.code.rawValue): \(failure.commandLine.withheld)")
        }
    }

    /// The whole of a result: its failures, and a blank line.
    consuming func ended(by failures: [CheckFailure]) -> [UInt8] {
        self.failures(failures)
        return bytes + [0x0a]
    }

    var bytes: [UInt8] { Array(text.utf8) }
}
