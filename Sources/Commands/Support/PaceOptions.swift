import ArgumentParser
import Diagnostics

/// How fast, and for how long.
package struct PaceOptions: ParsableArguments {
    @Option(
        help: .init(
            "Send at most so many requests: 5/s, 300/m, 1000/h; all processes on the store together.",
            valueName: "n/unit"))
    var rate: RateArgument?

    @Option(help: .init("Connections at once (default: 4).", valueName: "n"))
    package var connections = 4

    @Option(
        help: .init("Wait at most so long for an answer (default: 30s).", valueName: "span"))
    var timeout: DurationArgument?

    @Option(
        help: .init(
            "Give up when the service has not answered for this time: 90s, 5m, 2h (default: 5m).",
            valueName: "span"))
    var giveUpAfter: DurationArgument?

    package init() {}

    package func validate() throws {
        guard 1...64 ~= connections else {
            throw ValidationError("--connections must be 1…64, found \(connections)")
        }
        guard 1...3600 ~= answerLimit else {
            throw ValidationError("--timeout must be 1s…1h, found \(answerLimit)s")
        }
    }

    /// Seconds that an answer may take.
    package var answerLimit: Int64 { timeout?.seconds ?? 30 }

    /// Microseconds between two requests; 0 for no rate.
    package var interval: Int64 { rate?.interval ?? 0 }

    /// Microseconds without an answer.
    package var patience: Int64 { (giveUpAfter?.seconds ?? 300) * 1_000_000 }
}

/// A rate as an option's value: a number and a unit of time, `5/s`.
struct RateArgument: ExpressibleByArgument, Equatable, Sendable {
    /// Microseconds between two.
    let interval: Int64

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        let units: [String: Int64] = ["s": 1, "m": 60, "min": 60, "h": 3600]
        guard 1...2 ~= parts.count, 1...7 ~= parts[0].utf8.count,
            parts[0].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let count = Int64(parts[0]), count > 0,
            let unit = parts.count == 1 ? 1 : units[String(parts[1])]
        else { return nil }
        interval = unit * 1_000_000 / count
    }
}
