package import Batches
import CommandLineSupport
package import Diagnostics
package import InputOutput

/// Standard error: errors, hints, notes, progress and the summary. Results never come here.
///
/// What it is given may hold anything that stood in an argument or a file. Here, and nowhere else, it is escaped for the
/// terminal and whatever looks like a credential is withheld.
package final class Console: RunEvents {
    private let json: Bool
    private let quiet: Bool
    private let stream = StandardStream.error()
    private let isTerminal: Bool
    private let started = System.monotonicNanoseconds()
    private var lastProgress: UInt64 = 0
    private var progressShown = false
    private var firstRead: (read: Int, elapsed: UInt64)?

    init(json: Bool, quiet: Bool) {
        self.json = json
        self.quiet = quiet
        isTerminal = stream.isTerminal && System.environment("TERM") != "dumb"
    }

    /// One `error` line, one `at` line for each fact, one `hint` line; or the same as one JSON object.
    package func error(_ error: ToolError) {
        clearProgress()
        put(ErrorReport(program: "assay", json: json).bytes(of: error))
    }

    /// A line for people that is neither result nor error; `--quiet` silences it.
    package func note(_ text: String) {
        if quiet { return }
        clearProgress()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            Self.safe(String($0))
        }
        put(Array((lines.joined(separator: "\n") + (text.hasSuffix("\n") ? "" : "\n")).utf8))
    }

    package func leftOut(notes: Int) { note("assay: note: \(notes) more findings (--json has all)") }

    /// The last words of a run: its summary, and where the reasons for what is not good are explained.
    package func conclude(_ summary: String, _ reasons: ReasonCounts) {
        note(summary)
        let codes = reasons.codes.prefix(3)
        if !json, !codes.isEmpty { note("assay: see: assay explain " + codes.joined(separator: " ")) }
    }

    /// An error that ends the program, and where it is explained.
    func fatal(_ error: ToolError) {
        self.error(error)
        // After a slip of the keyboard the right word helps more.
        guard !json, error.code != .usage, error.hint?.commandLine.contains("assay explain") != true else {
            return
        }
        put(Array("assay: see: assay explain \(error.code.rawValue)\n".utf8))
    }

    /// The text without what a terminal would obey, and without credentials.
    private static func safe(_ text: String) -> String { Withholding.safe(text) }

    /// Whether there is a terminal to show progress on.
    package var showsProgress: Bool { isTerminal && !quiet }

    /// Count, rate, failures and, where `meter` knows the end, a bar and the remaining time; redrawn at most five times
    /// a second, on a terminal only.
    package func progress(done: Int, failed: Int, unit: String, meter: InputMeter?) {
        guard showsProgress else { return }
        let now = System.monotonicNanoseconds()
        guard now - lastProgress > 200_000_000 else { return }
        lastProgress = now
        progressShown = true
        var line = ProgressLine(
            done: done, failed: failed, unit: unit, elapsed: (now - started) / 1_000_000)
        if let meter, let total = meter.total {
            line.input = (meter.count, total)
            if firstRead == nil { firstRead = (meter.count, line.elapsed) }
            line.first = firstRead
        }
        // Asked each time: windows are made smaller while a run works.
        let text = line.text(columns: System.terminalWidth(StandardStream.errorDescriptor))
        put(Array("\r\u{1b}[K\(text)".utf8))
    }

    private func clearProgress() {
        guard progressShown else { return }
        progressShown = false
        put(Array("\r\u{1b}[K".utf8))
    }

    /// When standard error itself cannot be written there is nobody left to tell.
    private func put(_ bytes: [UInt8]) { try? stream.write(bytes) }
}
