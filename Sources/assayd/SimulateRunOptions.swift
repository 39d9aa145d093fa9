public import ArgumentParser
import Diagnostics
import InputOutput
public import Simulator

/// Options of `assayd simulate` that are about the conversation with a service.
struct SimulateRunOptions: ParsableArguments {
    static let standardJobs = 64
    private static let standardTimeout: Int64 = 300

    @Option(help: .init("Requests under way at once (default: \(standardJobs)).", valueName: "n"))
    var jobs: Int?

    @Option(
        help: .init(
            "When a device is done: provisioned, that is, a finished was acknowledged or does not come again though the "
                + "answer to its report was lost (the default), or idle, when nothing waits for it and none of its "
                + "commands failed last.", valueName: "goal"))
    var until: FleetRun.Goal?

    @Option(help: .init("End after this time: 90s, 5m, 2h (default: 5m).", valueName: "span"))
    var timeout: TimeSpan?

    @Option(
        help: .init("The release of the device library: 3.2 (the default), 3.0 or 2.x.", valueName: "release")
    )
    var client: ClientRelease?

    @Option(
        help: .init(
            "Let a step fail once on each device with this CME error: a name as in commands compose, or a number "
                + "counted from 1. Several are allowed.", valueName: "step:code"))
    var fail: [String] = []

    @Option(help: .init("The share of reports that are lost on their way, 0 to 1.", valueName: "p"))
    var dropReport: Double?

    @Option(
        help: .init(
            "Seconds between two runs until the service configures another (default: 60).", valueName: "n"))
    var interval: Int64?

    @Option(
        help: .init(
            "Seconds until the run after the first overload, then doubled (default: 60).", valueName: "n"))
    var backOff: Int64?

    @Option(
        help: .init(
            "Certificates in PEM that may vouch for the service, instead of the system's.", valueName: "file")
    )
    var rootCa: String?

    @Option(
        help: .init(
            "Write what the modems have in the end to this new folder: client certificates, their private keys, "
                + "CA certificates, in PEM, for tools that connect in the devices' place.", valueName: "dir"))
    var credentials: String?

    @Flag(help: "Print no summary on standard error.")
    var quiet = false

    func validate() throws {
        if let jobs, !(1...1_000 ~= jobs) { throw ValidationError("--jobs must be 1…1000, found \(jobs)") }
        if let dropReport, !(0...1 ~= dropReport) {
            throw ValidationError("--drop-report must be 0…1, found \(dropReport)")
        }
        for (name, value) in [("--interval", interval), ("--back-off", backOff)] {
            if let value, !(1...86_400 ~= value) {
                throw ValidationError("\(name) must be 1…86400, found \(value)")
            }
        }
    }

    /// The first option that was given.
    var given: String? { givenForFleet ?? Self.first(forEveryDevice) }

    /// The first of those that were given and are about a fleet, or about when its devices come.
    var givenForFleet: String? {
        Self.first([
            "--jobs": jobs != nil, "--until": until != nil, "--timeout": timeout != nil,
            "--drop-report": dropReport != nil, "--interval": interval != nil, "--back-off": backOff != nil,
            "--credentials": credentials != nil, "--quiet": quiet,
        ])
    }

    private var forEveryDevice: KeyValuePairs<String, Bool> {
        ["--client": client != nil, "--fail": !fail.isEmpty, "--root-ca": rootCa != nil]
    }

    private static func first(_ options: KeyValuePairs<String, Bool>) -> String? {
        options.first { $0.value }?.key
    }

    var timeoutNanoseconds: UInt64 { UInt64(timeout?.seconds ?? Self.standardTimeout) &* 1_000_000_000 }

    func settings(
        seed: FleetSeed, model: DeviceModel, clockSkew: Int64
    ) throws(ToolError) -> FleetRun.Settings {
        var profile = (client ?? .v3_2).profile
        if let interval { profile.interval = interval }
        if let backOff { profile.initialBackOff = backOff }
        var settings = FleetRun.Settings(
            seed: seed, model: model, profile: profile, goal: until ?? .provisioned)
        var rules: [FailurePlan.Rule] = []
        for text in fail { rules.append(try FailurePlan.Rule(text: text)) }
        settings.plan = FailurePlan(rules)
        settings.lostReports = dropReport ?? 0
        settings.clockSkew = clockSkew
        settings.keepsCredentials = credentials != nil
        return settings
    }

    func roots() throws(ToolError) -> [UInt8]? {
        guard let rootCa else { return nil }
        return try ByteSource.contents(of: rootCa, limit: 1 << 20)
    }
}

/// The releases that `--client` names.
enum ClientRelease: String, CaseIterable, ExpressibleByArgument {
    case v3_2 = "3.2"
    case v3_0 = "3.0"
    case v2 = "2.x"

    var profile: ClientProfile {
        switch self {
        case .v3_2: .v3_2
        case .v3_0: .v3_0
        case .v2: .v2
        }
    }
}

/// A number of seconds, or one with `s`, `m` or `h`; at most a year.
struct TimeSpan: ExpressibleByArgument {
    let seconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600]
        let unit = argument.last.flatMap { units[$0] }
        let digits = unit == nil ? Substring(argument) : argument.dropLast()
        guard 1...8 ~= digits.utf8.count, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let number = Int64(digits)
        else { return nil }
        let (seconds, overflows) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflows, 1...31_536_000 ~= seconds else { return nil }
        self.seconds = seconds
    }
}

extension FleetRun.Goal: ExpressibleByArgument {}
