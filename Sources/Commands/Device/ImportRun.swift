import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import Registry
import Store

/// The rows of an import on their way into the registry: gathered, registered in one transaction, then reported.
struct ImportRun {
    /// Rows in one transaction: enough that the flush to disk is a small part of the cost.
    private static let batchSize = 8_000

    /// Opens the registry, or makes it: only when there is something to register.
    private let open: () throws(ToolError) -> any DeviceRegistry
    private var registry: (any DeviceRegistry)?
    /// Whether trusted keys take the place of observed ones.
    let replacesObserved: Bool
    let json: Bool
    let verbose: Bool
    let console: Console
    let now: Int64

    private(set) var tally = Tally()
    private var counts: [String: Int] = [:]
    private typealias Row = (location: InputLocation, row: Result<Registration, RowError>)
    private var rows: [Row] = []
    private let sink = StandardStream.output()

    init(
        replacesObserved: Bool, json: Bool, verbose: Bool, console: Console, now: Int64,
        open: @escaping () throws(ToolError) -> any DeviceRegistry
    ) {
        self.open = open
        self.replacesObserved = replacesObserved
        self.json = json
        self.verbose = verbose
        self.console = console
        self.now = now
    }

    mutating func take(_ row: Result<Registration, RowError>, at location: InputLocation) throws(ToolError) {
        rows.append((location, row))
        if rows.count >= Self.batchSize { try flush() }
    }

    /// Reports an input that could not be read, or not to its end.
    mutating func take(unreadable error: ToolError, _ source: SourceName) throws(ToolError) {
        try flush()
        if error.code == .io { tally.unreadable += 1 } else { tally.malformed += 1 }
        let report = RegistrationReport(
            location: InputLocation(source, line: 1), device: nil,
            outcome: .rejected(CheckFailure(error.code, error.message)))
        counts[report.status, default: 0] += 1
        if json { try sink.write(report.rendered(json: true)) }
        console.error(error)
    }

    /// Registers what was gathered; reports it when it is on disk.
    mutating func flush() throws(ToolError) {
        if rows.isEmpty { return }
        // Taken out first: rows that could not be registered are not tried again.
        var rows: [Row] = []
        swap(&rows, &self.rows)
        let registrations = rows.compactMap { row -> Registration? in
            guard case .success(var registration) = row.row else { return nil }
            registration.replacesObserved = replacesObserved
            return registration
        }
        let outcomes = registrations.isEmpty ? [] : try register(registrations)
        var next = outcomes.makeIterator()
        var writer = JSONWriter(reservingCapacity: 65_536)
        var lines: [UInt8] = []
        for (location, row) in rows {
            let report: RegistrationReport
            switch row {
            case .success(let registration):
                let outcome = next.next() ?? .unchanged
                report = RegistrationReport(location: location, device: registration.uuid, outcome: outcome)
                if case .rejected = outcome { tally.rejected += 1 } else { tally.good += 1 }
            case .failure(let error):
                report = RegistrationReport(
                    location: location, device: nil, outcome: .rejected(error.failure))
                // A key of another kind or a token of another device was read, and is not taken.
                if error.failure.code.exitStatus == .malformed {
                    tally.malformed += 1
                } else {
                    tally.rejected += 1
                }
            }
            counts[report.status, default: 0] += 1
            if json {
                report.write(json: &writer)
            } else {
                if verbose { lines += report.rendered(json: false) }
                report.complain(on: console)
            }
        }
        try sink.write(writer.bytes + lines)
        console.progress(done: tally.total, failed: tally.bad, unit: "rows")
    }

    private mutating func register(
        _ registrations: [Registration]
    ) throws(ToolError) -> [RegistrationOutcome] {
        if let registry { return try registry.register(registrations, at: now) }
        let registry = try open()
        self.registry = registry
        return try registry.register(registrations, at: now)
    }

    /// `assay: 3 rows: 2 added, 0 updated, 1 unchanged, 0 rejected`: the parts add up to the whole.
    var summary: String {
        let replaced = replacesObserved ? ["replaced"] : []
        let parts = (["added", "updated"] + replaced + ["unchanged", "rejected"])
            .map { "\(counts[$0] ?? 0) \($0)" }
        return "assay: \(Tally.count(tally.total, "row")): " + parts.joined(separator: ", ")
    }
}

extension RegistrationReport {
    /// Says on standard error why the row was not taken.
    func complain(on console: Console) {
        guard case .rejected(let failure) = outcome, let location else { return }
        console.error(
            ToolError(failure.code, failure.message)
                .at("file", "\(location.source.escapedForTerminal):\(location.line)"))
    }
}
